import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { UserError } from '../errors.js'
import { covarianceOf, dot, type FeatureMoments } from './moments.js'

/**
 * The squared Frechet distance of two normal distributions (Dowson and Landau 1982), as Heusel et al. 2017 compare images by it:
 *   |m_a - m_b|^2 + tr S_a + tr S_b - 2 tr (S_a S_b)^(1/2),
 * means m and unbiased covariances S. Not negative. Throws a UserError where the vectors have different sizes, or
 * where there are fewer than two.
 */
export const frechetDistance = (a: FeatureMoments, b: FeatureMoments): number => distanceTo(a)(b)

/** The same to one distribution, whose eigenvectors are computed once. */
export function distanceTo(reference: FeatureMoments): (other: FeatureMoments) => number {
  const { size, mean } = reference
  const own = covarianceOf(reference)
  const half = halfOf(own, size)
  return (other) => {
    if (other.size !== size)
      throw new UserError(`vectors of ${other.size} features cannot be compared with vectors of ${size}`)
    const covariance = covarianceOf(other)
    const apart = mean.reduce((sum, m, i) => sum + (m - other.mean[i]!) ** 2, 0)
    const shared = half.length === 0 ? 0 : rootSum(half, covariance, size)
    return Math.max(0, apart + trace(own, size) + trace(covariance, size) - 2 * shared)
  }
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += matrix[i * size + i]!
  return sum
}

/**
 * H with H^T H = S, as r rows of D numbers: eigenvectors times roots of their eigenvalues, those alone that are more than
 * rounding, since the root of a rounding error is large.
 */
function halfOf(covariance: Float64Array, size: number): Float64Array {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = symmetric(covariance, size)
  const least = values.reduce((most, value) => Math.max(most, value), 0) * size * Number.EPSILON
  const kept = values.flatMap((value, i) => (value > least ? [i] : []))
  const half = new Float64Array(kept.length * size)
  for (const [r, column] of kept.entries()) {
    const root = Math.sqrt(values[column]!)
    for (let i = 0; i < size; i++) half[r * size + i] = root * vectors.get(i, column)
  }
  return half
}

/** tr (S_a S_b)^(1/2): the roots of the eigenvalues of H S_b H^T, which are those of S_a S_b; negative ones are rounding. */
function rootSum(half: Float64Array, covariance: Float64Array, size: number): number {
  const rank = half.length / size
  const product = new Float64Array(rank * size)
  for (let r = 0; r < rank; r++)
    for (let i = 0; i < size; i++) product[r * size + i] = dot(half, r * size, i * size, size, covariance)
  const middle = new Float64Array(rank * rank)
  for (let r = 0; r < rank; r++)
    for (let q = r; q < rank; q++) {
      middle[r * rank + q] = dot(product, r * size, q * size, size, half)
      middle[q * rank + r] = middle[r * rank + q]!
    }
  return symmetric(middle, rank).realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0)
}

const symmetric = (matrix: Float64Array, size: number): EigenvalueDecomposition =>
  new EigenvalueDecomposition(Matrix.from1DArray(size, size, matrix), { assumeSymmetric: true })
