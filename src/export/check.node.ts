import ort from 'onnxruntime-node'
import { UserError } from '../errors.js'
import type { ExportedModel } from './model.js'

/** Inputs and what the trained network makes of them. */
export interface Expected {
  /** [N, ...shape], as the model reads them. */
  readonly x: Float32Array
  readonly shape: readonly number[]
  /** [N, K]. */
  readonly scores: Float32Array
  /** The largest difference that is allowed, as a part of the largest score. */
  readonly tolerance: number
}

/**
 * Runs the model in a file, alone, and holds its scores to those of the network; a model of any batch also with one
 * sample. Throws a UserError if they differ, or if the file does not run.
 */
export async function checkModel(path: string, { batch }: ExportedModel, expected: Expected): Promise<void> {
  const { x, shape, scores, tolerance } = expected
  const session = await ort.InferenceSession.create(path)
  try {
    const rows = x.length / shape.reduce((size, axis) => size * axis, 1)
    for (const count of batch === 'any' ? [rows, 1] : [rows]) {
      const images = x.subarray(0, (x.length / rows) * count)
      const got = (await session.run({ x: new ort.Tensor('float32', images, [count, ...shape]) })).scores!.data
      const want = scores.subarray(0, (scores.length / rows) * count)
      const largest = want.reduce((most, score) => Math.max(most, Math.abs(score)), 1e-30)
      const apart = want.reduce((most, score, i) => Math.max(most, Math.abs(score - (got as Float32Array)[i]!)), 0)
      if (!(apart <= tolerance * largest))
        throw new UserError(
          `The exported model differs from the network on ${count} images (by ${apart.toExponential(1)} in scores up to ` +
            `${largest.toPrecision(3)}), so it was not kept; please report this.`,
        )
    }
  } finally {
    await session.release()
  }
}
