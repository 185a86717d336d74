import { type DataSet, dataSet, type Split } from '../../src/data/index.js'
import { stream } from '../../src/random/stream.js'
import type { TrainEvent } from '../../src/train/events.js'

/** Images of 5 x 5 pixels in three classes: a row, a column or the diagonal is lit, on noise. Easy, small, fixed. */
export function lines(train = 120, test = 60): DataSet {
  const split = (count: number, name: string): Split => {
    const words = new Uint32Array(26 * count)
    stream(7, 0, name).words(words)
    const images = new Uint8Array(25 * count)
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 3)
    for (let i = 0; i < count; i++) {
      const place = words[26 * i]! % 5
      for (let p = 0; p < 25; p++) {
        const [row, column] = [Math.floor(p / 5), p % 5]
        const lit = [row === place, column === place, row === column][labels[i]!]
        images[25 * i + p] = lit ? 255 : words[26 * i + 1 + p]! % 80
      }
    }
    return { images, labels, count }
  }
  return dataSet({
    name: 'lines',
    shape: [1, 5, 5],
    classes: 3,
    classNames: ['row', 'column', 'diagonal'],
    maximum: 255,
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

/** A place for checkpoints in memory; the last one is kept, and all are counted. */
export function keeper() {
  const saved: Uint8Array[] = []
  const saveCheckpoint = async (bytes: Uint8Array): Promise<string> => {
    saved.push(bytes)
    return `memory ${saved.length}`
  }
  return { saved, saveCheckpoint, last: () => saved.at(-1)! }
}
