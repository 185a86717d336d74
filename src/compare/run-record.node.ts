import type { DoneEvent, StartEvent } from '../train/events.js'
import { epochsOf, historyOf, type Recorded } from '../train/history.node.js'
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
  const events = historyOf(path)
  const start = events.find((event): event is StartEvent & Recorded => event.event === 'start')
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
