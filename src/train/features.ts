import type { StepGraph } from '../onnx/index.js'
import { newPace, observe, type Program, stepsPerCall } from '../runtime/index.js'
import { bytesPerStep, CALL_BYTES, type Reading } from './feed.js'

export interface FeatureOptions {
  /** Images in the training set, and in a batch. */
  readonly count: number
  readonly batch: number
  readonly cacheBytes: number
  /** Whether images change from epoch to epoch. */
  readonly augmented: boolean
}

/**
 * What the frozen layers make of images, for the layer that learns next: computed once for all training images and kept
 * where that is allowed, else computed again for every batch. Both give the same bits: where a row's features depend on
 * the other rows of its batch (the scale of 8-bit operands does), nothing is kept.
 */
export async function frozenFeatures(
  graph: StepGraph,
  program: Program,
  read: Reading,
  { count, batch, cacheBytes, augmented }: FeatureOptions,
): Promise<{ read: Reading; cached: boolean }> {
  const output = graph.metrics[0]!.output
  const size = output.size / batch
  const compute: Reading = async (indices, epoch) => {
    const longest = Math.max(1, Math.floor(CALL_BYTES / (bytesPerStep(graph.batch) + 4 * output.size)))
    const out = new Float32Array(indices.length * size)
    let pace = newPace()
    for (let first = 0; first < indices.length; ) {
      const steps = stepsPerCall(pace, Math.min(longest, (indices.length - first) / batch))
      const x = await read(indices.slice(first, first + steps * batch), epoch)
      const { metrics, seconds } = await program.run(steps, { x })
      pace = observe(pace, steps, seconds)
      out.set(metrics.features as Float32Array, first * size)
      first += steps * batch
    }
    return out
  }
  const again = { read: compute, cached: false }
  if (augmented || 4 * count * size > cacheBytes || !(await rowsStandAlone(compute, count, batch, size))) return again
  const kept = allocate(Math.ceil(count / batch) * batch * size)
  if (!kept) return again
  const rows = Uint32Array.from({ length: kept.length / size }, (_, i) => Math.min(i, count - 1))
  const some = Math.max(1, Math.floor(CALL_BYTES / (4 * output.size))) * batch
  for (let first = 0; first < rows.length; first += some)
    kept.set(await compute(rows.slice(first, first + some), 0), first * size)
  return {
    cached: true,
    read: async (indices) => {
      const out = new Float32Array(indices.length * size)
      for (const [i, row] of indices.entries()) out.set(kept.subarray(row * size, (row + 1) * size), i * size)
      return out
    },
  }
}

/** A budget above what the machine has is no reason to fail. */
function allocate(length: number): Float32Array | undefined {
  try {
    return new Float32Array(length)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Whether rows give the same bits in another place of a batch, among other rows. */
async function rowsStandAlone(compute: Reading, count: number, batch: number, size: number): Promise<boolean> {
  const places = Uint32Array.from({ length: batch }, (_, i) => i)
  const moved = places.map((i) => (i % 2 === 0 ? batch - 1 - i : (batch + i) % count))
  const [one, other] = [await compute(places, 0), await compute(moved, 0)]
  const bits = (x: Float32Array, row: number): Int32Array =>
    new Int32Array(x.buffer, x.byteOffset + 4 * row * size, size)
  for (let i = 0; i < batch; i += 2) {
    const before = bits(one, batch - 1 - i)
    if (bits(other, i).some((word, k) => word !== before[k])) return false
  }
  return true
}
