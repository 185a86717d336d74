import type { Scores } from '../../train/events.js'
import { meter } from '../../train/meter.js'
import type { Position } from '../../train/plan.js'
import type { Transport } from '../transport.js'
import type { Chunk } from './chunks.js'
import type { Made } from './compute.js'
import { keysOf } from './names.js'

/** What a stage tells of itself while it works. It may be lost. */
export interface Progress {
  readonly stage: number
  readonly holder: string
  readonly chunk: number
  readonly at: Position
  /**
   * Since it was told last, in seconds: in all; computing; waiting until the stage above has kept more, and until more
   * came from below.
   */
  readonly seconds: number
  readonly computing: number
  readonly held: number
  readonly starved: number
  /** Mini-batches in that time, and the means of their metrics. */
  readonly batches: number
  readonly metrics: Scores
}

/** Between two of them, ms. */
const EVERY = 250

export interface Teller {
  made(chunk: Chunk, made: Made): void
  /** So many ms were waited for the stage above, or for the one below. */
  waited(milliseconds: number, what: 'held' | 'starved'): void
}

export function progressTeller({ hint }: Transport, run: string, stage: number, holder: string): Teller {
  let since = performance.now()
  let isFirst = true
  let [computing, batches] = [0, 0]
  let waits = { held: 0, starved: 0 }
  let means = meter()
  return {
    waited(milliseconds, what) {
      waits[what] += milliseconds / 1000
    },
    made({ number, call, end }, { metrics, seconds }) {
      means.add(metrics)
      computing += seconds
      batches += call.batches
      const now = performance.now()
      if (!isFirst && now - since < EVERY) return
      const told: Progress = {
        ...{ stage, holder, chunk: number, at: end, seconds: (now - since) / 1000, computing, ...waits, batches },
        metrics: means.means(),
      }
      hint(keysOf(run).progress(stage), new TextEncoder().encode(JSON.stringify(told)))
      isFirst = false
      since = now
      ;[computing, batches] = [0, 0]
      waits = { held: 0, starved: 0 }
      means = meter()
    },
  }
}
