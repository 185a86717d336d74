import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { UserError } from '../errors.js'
import { covarianceOf, type FeatureMoments } from './moments.js'

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
    const shared = half.rows === 0 ? 0 : rootSum(half, covariance, size)
    return Math.max(0, apart + trace(own, size) + trace(covariance, size) - 2 * shared)
  }
}

function trace(matrix: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) sum += matrix[i * size + i]!
  return sum
}

/**
 * H [r, D] with H^T H = S: eigenvectors times roots of their eigenvalues, those alone that are more than rounding, since
 * the root of a rounding error is large.
 */
function halfOf(covariance: Float64Array, size: number): Matrix {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = symmetric(matrixOf(covariance, size))
  const least = Math.max(0, ...values) * size * Number.EPSILON
  const kept = values.flatMap((value, i) => (value > least ? [i] : []))
  return new Matrix(
    kept.map((column) => {
      const root = Math.sqrt(values[column]!)
      return Array.from({ length: size }, (_, row) => root * vectors.get(row, column))
    }),
  )
}

/** tr (S_a S_b)^(1/2): the roots of the eigenvalues of H S_b H^T, which are those of S_a S_b; negative ones are rounding. */
function rootSum(half: Matrix, covariance: Float64Array, size: number): number {
  const middle = half.mmul(matrixOf(covariance, size)).mmul(half.transpose())
  return symmetric(middle).realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0)
}

const matrixOf = (numbers: Float64Array, size: number): Matrix => Matrix.from1DArray(size, size, numbers)

const symmetric = (matrix: Matrix): EigenvalueDecomposition =>
  new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
