import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RoundEvent, Scores, TrainEvent } from '../../src/train/events.js'
import type { Machine } from '../machine.js'

export const RESULTS = 'bench/results/federated'

export interface Made {
  readonly id: string
  readonly command: string
  /** On the test images, after the last round; absent where only bytes were measured. */
  readonly accuracy?: number | undefined
  readonly rounds: number
  /** Of all clients together in a round, means over those after the first, which fetches a whole network. */
  readonly bytesUp: number
  readonly bytesDown: number
  /** Of all clients together, in the one round of a solved read-out. */
  readonly readOutUp?: number | undefined
  readonly machine: Machine
}

export const recordOf = (id: string): string => join(RESULTS, `${id}.json`)

export const readRecord = <T>(id: string): T | undefined =>
  existsSync(recordOf(id)) ? (JSON.parse(readFileSync(recordOf(id), 'utf8')) as T) : undefined

/** What the events of a run say; a round that was told twice, after a stop, counts once. */
export function figuresOf(metrics: string): Pick<Made, 'accuracy' | 'rounds' | 'bytesUp' | 'bytesDown' | 'readOutUp'> {
  const events = metrics
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as TrainEvent)
  const all = [
    ...new Map(
      events.filter((event): event is RoundEvent => event.event === 'round').map((event) => [event.turn, event]),
    ).values(),
  ]
  // Only sums are sent for a read-out that is solved, and these have no loss.
  const learned = all.filter(({ loss }) => loss !== undefined)
  const readOut = all.find(({ loss }) => loss === undefined)
  const later = learned.length > 1 ? learned.slice(1) : learned
  const mean = (of: (event: RoundEvent) => number): number =>
    later.reduce((sum, event) => sum + of(event), 0) / later.length
  const { test } = events.at(-1) as { test?: Scores }
  return {
    ...{ accuracy: test?.network?.accuracy, rounds: learned.length },
    ...{ bytesUp: mean(({ bytesUp }) => bytesUp), bytesDown: mean(({ bytesDown }) => bytesDown) },
    ...(readOut && { readOutUp: readOut.bytesUp }),
  }
}
