import type { TensorRecord } from '../../runtime/index.js'
import { ConflictError, type Stream, type Transport } from '../transport.js'
import type { Chunk, Place } from './chunks.js'
import { FencedError } from './lease.js'
import type { Manifest } from './manifest.js'
import { keysOf } from './names.js'
import { encodeState, type Standing, type Sums } from './standing.js'
import { type Known, putJson } from './values.js'

/** Keeps what a stage has done. While a state is being stored the stage may go on. */
export interface Saver {
  /** Counts the metrics of a chunk, for the means of its epoch. */
  add(metrics: TensorRecord): void
  /** Whether the stage is to be kept after a chunk. */
  isDue(chunk: Chunk): boolean
  /** Waits for what is being stored, then begins to store this. */
  save(state: TensorRecord, chunk: Chunk, sequence: number): Promise<void>
  /** The same where the stage is over; waits until all is stored. */
  finish(state: TensorRecord, place: Place, sequence: number): Promise<void>
  /** Waits for what is being stored. Throws a FencedError where another worker has kept the stage meanwhile. */
  settled(): Promise<void>
}

interface Kept {
  readonly run: string
  readonly stage: number
  readonly first: Known<Standing>
  readonly sums: Sums
}

export function openSaver(
  { values, objects }: Transport,
  stream: Stream,
  { checkpointEvery, stages }: Manifest,
  { run, stage, first, sums: firstSums }: Kept,
): Saver {
  const keys = keysOf(run)
  const ports = stages[stage]!.tensors
  let sums: Record<string, { sum: number; count: number }> = { ...firstSums }
  let last = first.value
  let { revision } = first
  let storing: Promise<void> = Promise.resolve()

  const store = async (bytes: Uint8Array, next: Standing, before: Standing): Promise<void> => {
    // Where a stage ends with an epoch, its state is there already.
    if (next.object !== before.object) await objects.put(next.object, bytes)
    try {
      revision = await putJson(values, keys.standing(stage), next, revision)
    } catch (error) {
      if (error instanceof ConflictError) throw new FencedError(`another worker keeps ${keys.standing(stage)}`)
      throw error
    }
    // The message that the state ends with stays: whoever writes to the edge goes by the last one.
    if (stage > 0 && next.sequence > 0) await stream.purge(keys.edge(stage), next.sequence)
    if (before.object !== next.object && before.object === keys.state(stage, before.chunk))
      await objects.delete(before.object)
  }
  const begun = async (state: TensorRecord, next: Standing): Promise<void> => {
    await storing
    const bytes = encodeState(ports, state, sums)
    const before = last
    last = next
    storing = store(bytes, next, before)
    // Whoever waits for it hears of a failure.
    storing.catch(() => undefined)
  }
  return {
    add(metrics) {
      for (const [name, numbers] of Object.entries(metrics)) {
        const own = { ...(sums[name] ?? { sum: 0, count: 0 }) }
        for (const number of numbers) own.sum += number
        own.count += numbers.length
        sums[name] = own
      }
    },
    isDue: ({ number, endsEpoch }) => endsEpoch || number - last.chunk >= checkpointEvery,
    async save(state, { number: chunk, end: at, endsEpoch }, sequence) {
      const epochs = last.epochs + (endsEpoch ? 1 : 0)
      const object = endsEpoch ? keys.epoch(stage, epochs) : keys.state(stage, chunk)
      await begun(state, { chunk, at, object, sequence, epochs, isOver: false })
      if (endsEpoch) sums = {}
    },
    async finish(state, { chunk, at }, sequence) {
      const object = chunk === last.chunk ? last.object : keys.state(stage, chunk)
      await begun(state, { ...last, chunk, at, object, sequence, isOver: true })
      await storing
    },
    settled: () => storing,
  }
}
