import { EigenvalueDecomposition, Matrix, QrDecomposition } from 'ml-matrix'
import { stream } from '../random/stream.js'

/** Samples as points of a plane. */
export interface Embedding {
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Of PCA: the part of the variance that each axis has. */
  readonly explained?: readonly [number, number]
}

/** Directions that are looked for besides, and how often all are turned towards the widest ones. */
const SPARE = 5
const TURNS = 3

/** The first two principal components of rows of numbers [count, size]. */
export function principalComponents(values: Float32Array, count: number, size: number): Embedding {
  const axes = principalAxes(values, count, size, 2)
  const [x, y] = [0, 1].map((k) => axes[k] ?? { scores: new Float64Array(count), part: 0 }) as [Axis, Axis]
  const points = Array.from(x.scores, (value, i) => [value, y.scores[i]!] as const)
  return { points, explained: [x.part, y.part] }
}

interface Axis {
  /** Of each row. */
  readonly scores: Float64Array
  /** Of the variance. */
  readonly part: number
}

/**
 * The first `most` principal components, by a randomised range finder with power iterations (Halko, Martinsson, Tropp
 * 2011, algorithm 4.4): a full decomposition takes seconds for pixels. Signs are fixed: the largest loading of each is
 * positive. There are fewer where rows vary in fewer directions.
 */
function principalAxes(values: Float32Array, count: number, size: number, most: number): Axis[] {
  const rows = centred(values, count, size)
  const total = rows.reduce((sum, x) => sum + x * x, 0)
  if (total < 1e-20) return []
  const width = Math.min(most + SPARE, count, size)
  const drawn = new Float32Array(size * width)
  stream(1, 0, 'principal components').normal(drawn)
  let basis = orthogonal(times(rows, count, size, Float64Array.from(drawn), width), count, width)
  for (let turn = 0; turn < TURNS; turn++)
    basis = orthogonal(times(rows, count, size, timesTransposed(rows, count, size, basis, width), width), count, width)
  // In this basis rows are about basis x loadings, [width, size].
  const loadings = timesTransposed(rows, count, size, basis, width)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gramOf(loadings, size, width), {
    assumeSymmetric: true,
  })
  const order = [...realEigenvalues.keys()].sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)
  return order.slice(0, most).map((place): Axis => {
    const turned = eigenvectorMatrix.getColumn(place)
    const along = (numbers: Float64Array, i: number): number =>
      turned.reduce((sum, x, j) => sum + x * numbers[i * width + j]!, 0)
    const own = Float64Array.from({ length: size }, (_, i) => along(loadings, i))
    const largest = own.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0)
    const value = Math.max(0, realEigenvalues[place]!)
    const scale = Math.sqrt(value) * (largest < 0 ? -1 : 1)
    return { scores: Float64Array.from({ length: count }, (_, i) => scale * along(basis, i)), part: value / total }
  })
}

/** Columns' products with each other, [width, width]. */
function gramOf(columns: Float64Array, rows: number, width: number): Matrix {
  const gram = Matrix.zeros(width, width)
  for (let k = 0; k < rows; k++)
    for (let i = 0; i < width; i++)
      for (let j = 0; j < width; j++) gram.set(i, j, gram.get(i, j) + columns[k * width + i]! * columns[k * width + j]!)
  return gram
}

function centred(values: Float32Array, count: number, size: number): Float64Array {
  const means = new Float64Array(size)
  for (let i = 0; i < count; i++) for (let k = 0; k < size; k++) means[k]! += values[i * size + k]! / count
  return Float64Array.from({ length: count * size }, (_, i) => values[i]! - means[i % size]!)
}

/** [count, size] x [size, width]. */
function times(rows: Float64Array, count: number, size: number, right: Float64Array, width: number): Float64Array {
  const out = new Float64Array(count * width)
  for (let i = 0; i < count; i++)
    for (let k = 0; k < size; k++) {
      const x = rows[i * size + k]!
      if (x !== 0) for (let j = 0; j < width; j++) out[i * width + j]! += x * right[k * width + j]!
    }
  return out
}

/** [size, count] x [count, width], the rows transposed. */
function timesTransposed(
  rows: Float64Array,
  count: number,
  size: number,
  right: Float64Array,
  width: number,
): Float64Array {
  const out = new Float64Array(size * width)
  for (let i = 0; i < count; i++)
    for (let k = 0; k < size; k++) {
      const x = rows[i * size + k]!
      if (x !== 0) for (let j = 0; j < width; j++) out[k * width + j]! += x * right[i * width + j]!
    }
  return out
}

/** Columns that are orthogonal and span the same. */
function orthogonal(columns: Float64Array, rows: number, width: number): Float64Array {
  const { orthogonalMatrix } = new QrDecomposition(Matrix.from1DArray(rows, width, columns))
  return Float64Array.from(orthogonalMatrix.to1DArray())
}

/** UMAP looks at so many principal components: distances in them are nearly those of all numbers, and fast. */
const REDUCED = 30

/** UMAP (McInnes et al. 2018) of rows of numbers, with its usual settings; the same numbers give the same points. */
export async function umapOf(values: Float32Array, count: number, size: number): Promise<Embedding> {
  const { UMAP } = await import('umap-js')
  const axes = principalAxes(values, count, size, REDUCED)
  if (axes.length === 0 || count < 4) return { points: Array.from({ length: count }, () => [0, 0] as const) }
  const umap = new UMAP({ nNeighbors: Math.min(15, count - 1), minDist: 0.1, random: uniformNumbers() })
  const rows = Array.from({ length: count }, (_, i) => axes.map(({ scores }) => scores[i]!))
  return { points: umap.fit(rows).map(([x, y]) => [x!, y!] as const) }
}

function uniformNumbers(): () => number {
  const drawn = stream(1, 0, 'umap')
  const some = new Float32Array(4096)
  let next = some.length
  return () => {
    if (next === some.length) {
      drawn.uniform(some)
      next = 0
    }
    return some[next++]!
  }
}
