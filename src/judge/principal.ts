import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { UserError } from '../errors.js'
import { dot, momentsOf } from './moments.js'

/** Directions of the largest variance. */
export interface PrincipalComponents {
  /** Numbers of a vector, and components. */
  readonly size: number
  readonly count: number
  /** [size]. */
  readonly mean: Float64Array
  /** [count, size]: orthonormal rows, the largest variance first. */
  readonly axes: Float64Array
}

/**
 * The `most` first principal components of rows [N, D], fewer where there are no more that vary. Of fewer rows than numbers in a
 * row the eigenvectors are those of the N x N products of rows: the same axes for less work.
 */
export function principalComponents(rows: Float32Array, size: number, most: number): PrincipalComponents {
  const count = rows.length / size
  if (!(count >= 2)) throw new UserError(`principal components need two images at least; there are ${count}`)
  return count > size ? ofCovariance(rows, size, most) : ofProducts(rows, size, most)
}

/** Below this share of the largest variance a direction does not vary: it is rounding. */
const NOTHING = 1e-10

function largest(matrix: Matrix, most: number): { readonly places: readonly number[]; readonly vectors: Matrix } {
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  })
  const places = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]!)
  const top = values[places[0]!]!
  return { places: places.slice(0, most).filter((i) => values[i]! > NOTHING * top && values[i]! > 0), vectors }
}

function ofCovariance(rows: Float32Array, size: number, most: number): PrincipalComponents {
  const { mean, scatter } = momentsOf(rows, size)
  const { places, vectors } = largest(Matrix.from1DArray(size, size, scatter), most)
  const axes = new Float64Array(places.length * size)
  for (const [k, place] of places.entries()) for (let i = 0; i < size; i++) axes[k * size + i] = vectors.get(i, place)
  return { size, count: places.length, mean, axes }
}

function ofProducts(rows: Float32Array, size: number, most: number): PrincipalComponents {
  const count = rows.length / size
  const mean = new Float64Array(size)
  for (let row = 0; row < count; row++) for (let i = 0; i < size; i++) mean[i]! += rows[row * size + i]! / count
  const centred = Float64Array.from(rows, (x, i) => x - mean[i % size]!)
  const products = new Matrix(count, count)
  for (let i = 0; i < count; i++)
    for (let j = i; j < count; j++) {
      const product = dot(centred, i * size, j * size, size)
      products.set(i, j, product)
      products.set(j, i, product)
    }
  const { places, vectors } = largest(products, most)
  const axes = new Float64Array(places.length * size)
  for (const [k, place] of places.entries()) {
    const axis = axes.subarray(k * size, (k + 1) * size)
    for (let i = 0; i < count; i++) {
      const weight = vectors.get(i, place)
      for (let p = 0; p < size; p++) axis[p]! += weight * centred[i * size + p]!
    }
    const length = Math.sqrt(dot(axis, 0, 0, size))
    for (let p = 0; p < size; p++) axis[p]! /= length
  }
  return { size, count: places.length, mean, axes }
}

/** Rows [N, D] in the components, [N, count]. */
export function projected({ size, count, mean, axes }: PrincipalComponents, rows: Float32Array): Float32Array {
  const number = rows.length / size
  const out = new Float32Array(number * count)
  const centred = new Float64Array(size)
  for (let row = 0; row < number; row++) {
    for (let i = 0; i < size; i++) centred[i] = rows[row * size + i]! - mean[i]!
    for (let k = 0; k < count; k++) {
      let sum = 0
      for (let i = 0; i < size; i++) sum += centred[i]! * axes[k * size + i]!
      out[row * count + k] = sum
    }
  }
  return out
}
