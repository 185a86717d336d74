import type { StepGraph } from '../onnx/index.js'
import { newPace, observe, type Program, stepsPerCall } from '../runtime/index.js'
import { bytesPerStep, CALL_BYTES, type ReadRows } from './feed.js'

const featuresOf = (graph: StepGraph) => graph.metrics[0]!.output

/** What the frozen layers make of images, for the layer that learns next: computed batch by batch. */
export function frozenFeatures(graph: StepGraph, program: Program, read: ReadRows, batch: number): ReadRows {
  const output = featuresOf(graph)
  const longest = Math.max(1, Math.floor(CALL_BYTES / (bytesPerStep(graph.batch) + 4 * output.size)))
  let pace = newPace()
  return async (indices, epoch) => {
    const out = new Float32Array((indices.length / batch) * output.size)
    for (let first = 0; first < indices.length; ) {
      const steps = stepsPerCall(pace, Math.min(longest, (indices.length - first) / batch))
      const x = await read(indices.slice(first, first + steps * batch), epoch)
      const { metrics, seconds } = await program.run(steps, { x })
      pace = observe(pace, steps, seconds)
      out.set(metrics.features as Float32Array, (first / batch) * output.size)
      first += steps * batch
    }
    return out
  }
}

/**
 * The same, computed once for the images of `rows` in the batches in which they come there, and kept; undefined where
 * that takes more than `budget` bytes for the `count` images of the training set.
 */
export async function keepFeatures(
  compute: ReadRows,
  graph: StepGraph,
  rows: Uint32Array,
  count: number,
  budget: number,
): Promise<ReadRows | undefined> {
  const output = featuresOf(graph)
  const size = output.size / output.shape[0]!
  const kept = 4 * count * size <= budget ? allocate(count * size) : undefined
  if (!kept) return undefined
  const some = Math.max(1, Math.floor(CALL_BYTES / (4 * output.size))) * output.shape[0]!
  for (let first = 0; first < rows.length; first += some) {
    const own = rows.slice(first, first + some)
    const features = await compute(own, 0)
    for (const [i, row] of own.entries()) kept.set(features.subarray(i * size, (i + 1) * size), row * size)
  }
  return async (indices) => {
    const out = new Float32Array(indices.length * size)
    for (const [i, row] of indices.entries()) out.set(kept.subarray(row * size, (row + 1) * size), i * size)
    return out
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
