import type { TrainEvent } from './events.js'

// What the files of a run hold, for folders and for pages alike.

export const RUN_FILES = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  checkpoint: 'checkpoint.safetensors',
  environment: 'environment.json',
} as const

/** How a pipeline was started; other trainings have none. */
export const PIPELINE_FILE = 'pipeline.json'

/** A file of settings, for people to read as well. */
export const encodeJson = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

/** What only those who look on need. */
const PASSING: readonly TrainEvent['event'][] = ['measuring', 'workers', 'clients', 'waiting']

/** Whether `metrics.jsonl` has a line of an event. */
export const isRecorded = ({ event }: TrainEvent): boolean => !PASSING.includes(event)

/** A line of `metrics.jsonl`, without its end: the event and the time of day. */
export const journalLine = (event: TrainEvent): string => JSON.stringify({ ...event, time: new Date().toISOString() })
