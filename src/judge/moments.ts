import { UserError } from '../errors.js'

/** Mean and spread of feature vectors in float64. Those of parts of the data add up to those of the whole: `plus`. */
export interface FeatureMoments {
  /** D, the numbers of a vector. */
  readonly size: number
  readonly count: number
  /** [D]. */
  readonly mean: Float64Array
  /** Sums of products of deviations from the mean: [D, D], in full. */
  readonly scatter: Float64Array
}

export const noVectors = (size: number): FeatureMoments => ({
  ...{ size, count: 0 },
  mean: new Float64Array(size),
  scatter: new Float64Array(size * size),
})

/**
 * Of vectors as rows [N, D], in two passes: deviations are taken from their own mean, so that a mean that is large beside
 * the spread costs no digits. Throws a UserError where the numbers are no whole rows, or one is not finite.
 */
export function momentsOf(rows: ArrayLike<number>, size: number): FeatureMoments {
  const count = rows.length / size
  if (!Number.isInteger(count)) throw new UserError(`rows of ${size} features are wanted; ${rows.length} numbers came`)
  const mean = new Float64Array(size)
  for (let row = 0; row < count; row++) for (let i = 0; i < size; i++) mean[i]! += rows[row * size + i]! / count
  if (!mean.every(Number.isFinite))
    throw new UserError('a feature of the images is no finite number: the network that makes them has blown up')
  // Column after column, so that a product of two of them reads memory in its order.
  const columns = new Float64Array(size * count)
  for (let row = 0; row < count; row++)
    for (let i = 0; i < size; i++) columns[i * count + row] = rows[row * size + i]! - mean[i]!
  const scatter = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) {
      const product = dot(columns, i * count, j * count, count)
      scatter[i * size + j] = product
      scatter[j * size + i] = product
    }
  return { size, count, mean, scatter }
}

/** The product of `count` numbers of `x` from `a` on with those of `y` from `b` on. */
export function dot(x: Float64Array, a: number, b: number, count: number, y = x): number {
  let [s0, s1, s2, s3, k] = [0, 0, 0, 0, 0]
  for (; k + 3 < count; k += 4) {
    s0 += x[a + k]! * y[b + k]!
    s1 += x[a + k + 1]! * y[b + k + 1]!
    s2 += x[a + k + 2]! * y[b + k + 2]!
    s3 += x[a + k + 3]! * y[b + k + 3]!
  }
  for (; k < count; k++) s0 += x[a + k]! * y[b + k]!
  return s0 + s1 + (s2 + s3)
}

/** The moments of the vectors of both (Chan, Golub and LeVeque 1979). Throws a UserError where their sizes differ. */
export function plus(a: FeatureMoments, b: FeatureMoments): FeatureMoments {
  const { size } = a
  if (b.size !== size) throw new UserError(`vectors of ${size} features cannot be added to vectors of ${b.size}`)
  const count = a.count + b.count
  if (b.count === 0) return a
  if (a.count === 0) return b
  const apart = a.mean.map((m, i) => b.mean[i]! - m)
  const weight = (a.count * b.count) / count
  const scatter = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const at = i * size + j
      scatter[at] = a.scatter[at]! + b.scatter[at]! + apart[i]! * apart[j]! * weight
    }
  return { size, count, mean: a.mean.map((m, i) => m + (apart[i]! * b.count) / count), scatter }
}

/** The unbiased covariance [D, D]: the scatter over N - 1. Throws a UserError for fewer than two vectors. */
export function covarianceOf({ count, scatter }: FeatureMoments): Float64Array {
  if (count < 2) throw new UserError(`a covariance needs two images at least; there are ${count}`)
  return scatter.map((sum) => sum / (count - 1))
}
