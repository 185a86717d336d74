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

/** Where a federation keeps what was asked for, what stayed with its clients, and its last round; other trainings have none. */
export const FEDERATED = {
  folder: 'federated',
  settings: 'settings.json',
  stays: 'stays.json',
  round: 'round.json',
} as const

/** The files by which a run is known for one that machines trained together. */
export const MACHINE_FILES: readonly string[] = [
  PIPELINE_FILE,
  ...[FEDERATED.settings, FEDERATED.stays, FEDERATED.round].map((name) => `${FEDERATED.folder}/${name}`),
]

/** A file of settings, for people to read as well. */
export const encodeJson = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)

/** What only those who look on need. */
const PASSING: readonly TrainEvent['event'][] = ['measuring', 'workers', 'clients', 'waiting']

/** Whether `metrics.jsonl` has a line of an event. */
export const isRecorded = ({ event }: TrainEvent): boolean => !PASSING.includes(event)

/** A line of `metrics.jsonl`, without its end: the event and the time of day. */
export const journalLine = (event: TrainEvent): string => JSON.stringify({ ...event, time: new Date().toISOString() })
