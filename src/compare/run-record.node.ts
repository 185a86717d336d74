import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { textOf } from '../files.node.js'
import type { DoneEvent, EpochEvent, StartEvent, TrainEvent } from '../train/events.js'
import { figureOf } from '../train/judge.js'

/** What a finished run of a comparison came to. */
export interface RunRecord {
  readonly seed: number
  readonly path: string
  /** The figure that it is judged by, on the test samples; absent where its numbers blew up. */
  readonly value?: number
  /** In words, where they did. */
  readonly diverged?: string
  /** Time of the steps on batches alone. */
  readonly seconds: number
  readonly samplesPerSecond: number
  /** Of the whole training. */
  readonly samples: number
  readonly start: StartEvent
}

/** Reads a run from its folder; undefined where it is not finished. */
export function readRun(path: string, seed: number): RunRecord | undefined {
  const journal = join(path, 'metrics.jsonl')
  if (!existsSync(journal)) return undefined
  const events = eventsOf(textOf(readFileSync(journal)))
  const [start] = events.filter((event): event is StartEvent => event.event === 'start')
  const last = events.findLast(({ event }) => event !== 'checkpoint')
  if (!start || !last) return undefined
  const epochs = epochsOf(events)
  const each = start.batchesPerEpoch * start.batch
  const samples = each * epochs.length
  const seconds = epochs.reduce((sum, { rowsPerSecond }) => sum + (rowsPerSecond > 0 ? each / rowsPerSecond : 0), 0)
  const common = { seed, path, seconds, samples, samplesPerSecond: seconds > 0 ? samples / seconds : 0, start }
  if (last.event === 'stopped' && last.reason === 'not-finite') return { ...common, diverged: last.message }
  if (last.event !== 'done') return undefined
  const value = figureOf(start.criterion, (last as DoneEvent).test)
  return value === undefined || !Number.isFinite(value)
    ? { ...common, diverged: `the test ${start.criterion.figure} is no finite number` }
    : { ...common, value }
}

/** The events of a journal. A last line that a crash cut off is passed over. */
function eventsOf(text: string): TrainEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as TrainEvent]
    } catch {
      return []
    }
  })
}

/** Each epoch once: after a crash those since the last checkpoint were trained again. */
function epochsOf(events: readonly TrainEvent[]): EpochEvent[] {
  const all = new Map<number, EpochEvent>()
  for (const event of events) if (event.event === 'epoch') all.set(event.step, event)
  return [...all.values()]
}
