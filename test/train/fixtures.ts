import { type DataSet, dataSet, labelledImages, type Split } from '../../src/data/index.js'
import { stream } from '../../src/random/stream.js'
import { type Checkpoint, decodeCheckpoint } from '../../src/train/checkpoint.js'
import type { Scores, TrainEvent } from '../../src/train/events.js'

/**
 * Images of 5 x 5 pixels in three classes: one row, one column or the diagonal is lit, on noise. Pixel 0 tells the
 * label in quarters of full ink, for tests that must know it.
 */
export function lines(train = 120, test = 60): DataSet {
  const split = (count: number, name: string): Split => {
    const words = new Uint32Array(26 * count)
    stream(7, 0, name).words(words)
    const images = new Uint8Array(25 * count)
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 3)
    for (let i = 0; i < count; i++) {
      const place = 1 + (words[26 * i]! % 4)
      for (let p = 0; p < 25; p++) {
        const [row, column] = [Math.floor(p / 5), p % 5]
        const lit = [row === place, column === place, row === column][labels[i]!]
        images[25 * i + p] = p === 0 ? labels[i]! : lit ? 4 : words[26 * i + 1 + p]! % 2
      }
    }
    return { inputs: images, targets: labels, count }
  }
  return dataSet({
    name: 'lines',
    ...labelledImages([1, 5, 5], ['row', 'column', 'diagonal'], 5),
    train: split(train, 'train'),
    test: split(test, 'test'),
  })
}

export async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

export const ofKind = <K extends TrainEvent['event']>(events: readonly TrainEvent[], kind: K) =>
  events.filter((event): event is Extract<TrainEvent, { event: K }> => event.event === kind)

/** What the whole network says rightly. */
export const accuracyOf = (scores: Scores | undefined): number | undefined => scores?.network?.accuracy

/** A place for checkpoints in memory. */
export function keeper() {
  const saved: Uint8Array[] = []
  return {
    saved,
    async saveCheckpoint(bytes: Uint8Array): Promise<string> {
      saved.push(bytes)
      return `memory ${saved.length}`
    },
    at: (index: number): Checkpoint => decodeCheckpoint(saved.at(index)!, 'memory'),
    last: (): Checkpoint => decodeCheckpoint(saved.at(-1)!, 'memory'),
  }
}

/** The numbers of a state by name, for comparisons bit for bit. */
export const numbersOf = ({ state }: Checkpoint): Record<string, number[]> =>
  Object.fromEntries(state.map(({ name, data }) => [name, [...data]]))
