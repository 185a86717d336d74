import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { UserError } from '../../errors.js'
import type { Distribution } from '../distribution.js'
import { minimize } from '../lbfgs.js'
import { apart, type KernelParams, matern, maternSlope, type Point, squaredDistance } from './kernel.js'

/** What a Gaussian process says of a point. */
export interface Posterior {
  predict(x: Point): { readonly mean: number; readonly variance: number }
  /** The same with the gradients by the coordinates; those of choices are 0. */
  slopes(x: Point): {
    readonly mean: number
    readonly variance: number
    readonly meanSlope: Float64Array
    readonly varianceSlope: Float64Array
  }
}

/** Between which the logarithms of the kernel's parameters are looked for: farther out the matrix is no longer one. */
const LOGS = { low: -15, high: 8 }

/** The least variance of the noise. */
const LEAST_NOISE = 1e-6

const covariance = (
  kinds: readonly Distribution[],
  { weights, scale, noise }: KernelParams,
  xs: readonly Point[],
): Matrix => {
  const matrix = Matrix.zeros(xs.length, xs.length)
  for (const [i, a] of xs.entries())
    for (let j = 0; j <= i; j++) {
      const value = scale * matern(squaredDistance(kinds, weights, a, xs[j]!)) + (i === j ? noise : 0)
      matrix.set(i, j, value)
      matrix.set(j, i, value)
    }
  return matrix
}

/** The inverse of a symmetric matrix, row after row, and its determinant; undefined where it is not positive definite. */
function invert(matrix: Matrix) {
  const cholesky = new CholeskyDecomposition(matrix)
  if (!cholesky.isPositiveDefinite()) return undefined
  const inverse = Float64Array.from(cholesky.solve(Matrix.eye(matrix.rows)).to1DArray())
  const logDeterminant = 2 * cholesky.lowerTriangularMatrix.diagonal().reduce((sum, value) => sum + Math.log(value), 0)
  return { inverse, logDeterminant }
}

/** A square matrix, row after row, times a vector. */
function times(matrix: Float64Array, vector: ArrayLike<number>): Float64Array {
  const size = vector.length
  const product = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j < size; j++) sum += matrix[i * size + j]! * vector[j]!
    product[i] = sum
  }
  return product
}

/** The process of mean 0 after it has seen `ys` at `xs`. */
export function posterior(
  kinds: readonly Distribution[],
  params: KernelParams,
  xs: readonly Point[],
  ys: readonly number[],
): Posterior {
  const found = invert(covariance(kinds, params, xs))
  if (!found) throw new UserError('the kernel matrix of the search is not positive definite: choose --sampler tpe')
  const { inverse } = found
  const { weights, scale } = params
  const alpha = times(inverse, ys)
  const at = (x: Point) => {
    const squared = new Float64Array(xs.length)
    const k = new Float64Array(xs.length)
    for (let i = 0; i < xs.length; i++) {
      squared[i] = squaredDistance(kinds, weights, x, xs[i]!)
      k[i] = scale * matern(squared[i]!)
    }
    const solved = times(inverse, k)
    let mean = 0
    let explained = 0
    for (let i = 0; i < k.length; i++) {
      mean += k[i]! * alpha[i]!
      explained += k[i]! * solved[i]!
    }
    return { squared, solved, mean, variance: Math.max(0, scale - explained) }
  }
  return {
    predict(x) {
      const { mean, variance } = at(x)
      return { mean, variance }
    },
    slopes(x) {
      const { squared, solved, mean, variance } = at(x)
      const meanSlope = new Float64Array(kinds.length)
      const varianceSlope = new Float64Array(kinds.length)
      for (const [i, seen] of xs.entries()) {
        const slope = scale * maternSlope(squared[i]!)
        for (const [d, kind] of kinds.entries()) {
          if (kind.kind === 'choice') continue
          const change = slope * 2 * weights[d]! * (x[d]! - seen[d]!)
          meanSlope[d]! += change * alpha[i]!
          varianceSlope[d]! -= 2 * change * solved[i]!
        }
      }
      return { mean, variance, meanSlope, varianceSlope }
    },
  }
}

/**
 * The likeliest kernel for what was seen, under the priors of Optuna's sampler: -(0.1/w + 0.1 w) on each weight, a gamma
 * of shape 2 and rate 1 on the scale, one of shape 1.1 and rate 30 on the noise; by L-BFGS on logarithms.
 */
export function fitKernel(kinds: readonly Distribution[], xs: readonly Point[], ys: readonly number[]): KernelParams {
  const size = kinds.length
  const paramsOf = (logs: Float64Array): KernelParams => ({
    weights: logs.slice(0, size).map(Math.exp),
    scale: Math.exp(logs[size]!),
    noise: LEAST_NOISE + Math.exp(logs[size + 1]!),
  })
  const negative = (logs: Float64Array) => {
    const params = paramsOf(logs)
    const { weights, scale, noise } = params
    const found = invert(covariance(kinds, params, xs))
    const gradient = new Float64Array(size + 2)
    if (!found) return { value: Number.POSITIVE_INFINITY, gradient }
    const alpha = times(found.inverse, ys)
    const fitTerm = ys.reduce((sum, y, i) => sum + y * alpha[i]!, 0)
    // d log p / d theta = tr((alpha alpha^T - K^-1) dK/d theta) / 2
    for (const [i, a] of xs.entries())
      for (let j = 0; j <= i; j++) {
        const b = xs[j]!
        const share = (i === j ? 0.5 : 1) * (alpha[i]! * alpha[j]! - found.inverse[i * xs.length + j]!)
        const squared = squaredDistance(kinds, weights, a, b)
        const slope = share * scale * maternSlope(squared)
        for (let d = 0; d < size; d++) gradient[d]! += slope * weights[d]! * apart(kinds[d]!, a[d]!, b[d]!)
        gradient[size]! += share * scale * matern(squared)
        if (i === j) gradient[size + 1]! += share * (noise - LEAST_NOISE)
      }
    let prior = Math.log(scale) - scale + 0.1 * Math.log(noise) - 30 * noise
    for (const [d, weight] of weights.entries()) {
      prior -= 0.1 / weight + 0.1 * weight
      gradient[d]! += 0.1 / weight - 0.1 * weight
    }
    gradient[size]! += 1 - scale
    gradient[size + 1]! += (0.1 / noise - 30) * (noise - LEAST_NOISE)
    return {
      value: (fitTerm + found.logDeterminant) / 2 - prior,
      gradient: gradient.map((component) => -component),
    }
  }
  const start = new Float64Array(size + 2)
  start[size + 1] = Math.log(0.01)
  return paramsOf(minimize(negative, start, { ...LOGS, tolerance: 1e-2, iterations: 100 }).x)
}
