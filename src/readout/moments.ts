import { UserError } from '../errors.js'

/**
 * Sums over samples, all that a ridge regression from D features to K targets needs of them. Sums over parts of the
 * data, on whatever machines, add up to those of the whole: `plus`.
 */
export interface Moments {
  readonly features: number
  readonly targets: number
  readonly count: number
  /** Of each feature, [D], and of each target, [K]. */
  readonly featureSums: Float64Array
  readonly targetSums: Float64Array
  /** X^T X, its upper triangle row by row: D (D + 1) / 2 numbers. See `rowStart`. */
  readonly gram: Float64Array
  /** X^T Y, [D, K]. */
  readonly cross: Float64Array
  /** Of all squares of targets. */
  readonly targetSquares: number
}

/** Where row i of the upper triangle of a matrix [n, n] begins, with its element (i, i). */
export const rowStart = (n: number, i: number): number => i * n - (i * (i - 1)) / 2

export const noMoments = (features: number, targets: number): Moments => ({
  ...{ features, targets, count: 0, targetSquares: 0 },
  featureSums: new Float64Array(features),
  targetSums: new Float64Array(targets),
  gram: new Float64Array((features * (features + 1)) / 2),
  cross: new Float64Array(features * targets),
})

/** Rows of features [rows, D] and of targets [rows, K]. */
export interface Rows {
  readonly x: Float32Array | Float64Array
  readonly y: Float32Array | Float64Array
}

/**
 * Columns [rows, own] and [rows, other] to the products of all pairs of them, [own, other]: what takes the time of
 * `accumulate`. Matrices of at most `mostColumns` columns each.
 */
export interface Multiply {
  readonly mostColumns: number
  product(a: Float32Array, b: Float32Array, own: number, other: number): Promise<Float32Array> | Float32Array
}

/**
 * Moments with those of more rows, in the same memory: the arrays of the moments that came in are written to. The
 * products of pairs of features come from `multiply`, in its precision; all sums are float64. Without it everything is.
 */
export async function accumulate(moments: Moments, { x, y }: Rows, multiply?: Multiply): Promise<Moments> {
  const { features, targets, featureSums, targetSums, cross } = moments
  const rows = x.length / features
  if (!Number.isInteger(rows) || y.length !== rows * targets)
    throw new UserError(
      `rows of ${features} features and of ${targets} targets are wanted; ${x.length} and ${y.length} numbers came`,
    )
  let { targetSquares } = moments
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < features; i++) featureSums[i]! += x[row * features + i]!
    for (let k = 0; k < targets; k++) {
      const target = y[row * targets + k]!
      if (target === 0) continue
      targetSums[k]! += target
      targetSquares += target * target
      for (let i = 0; i < features; i++) cross[i * targets + k]! += target * x[row * features + i]!
    }
  }
  if (multiply) await addProducts(moments, x as Float32Array, rows, multiply)
  else addSquares(moments, x, rows)
  return { ...moments, count: moments.count + rows, targetSquares }
}

/** The plain definition. */
function addSquares({ features, gram }: Moments, x: Rows['x'], rows: number): void {
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < features; i++) {
      const start = rowStart(features, i) - i
      const own = x[row * features + i]!
      if (own === 0) continue
      for (let j = i; j < features; j++) gram[start + j]! += own * x[row * features + j]!
    }
}

/** Block by block of the upper triangle. */
async function addProducts({ features, gram }: Moments, x: Float32Array, rows: number, multiply: Multiply) {
  const width = Math.ceil(features / Math.ceil(features / multiply.mostColumns))
  const columns = (from: number, to: number): Float32Array => {
    const block = new Float32Array(rows * (to - from))
    for (let row = 0; row < rows; row++)
      block.set(x.subarray(row * features + from, row * features + to), row * (to - from))
    return block
  }
  for (let from = 0; from < features; from += width) {
    const to = Math.min(features, from + width)
    for (let other = from; other < features; other += width) {
      const end = Math.min(features, other + width)
      const product = await multiply.product(columns(from, to), columns(other, end), to - from, end - other)
      for (let i = from; i < to; i++) {
        const start = rowStart(features, i) - i
        const row = (i - from) * (end - other) - other
        for (let j = Math.max(i, other); j < end; j++) gram[start + j]! += product[row + j]!
      }
    }
  }
}

/** The moments of the samples of both. Throws a UserError where they are of other features or targets. */
export function plus(a: Moments, b: Moments): Moments {
  if (a.features !== b.features || a.targets !== b.targets)
    throw new UserError(
      `sums of ${a.features} features and ${a.targets} targets cannot be added to sums of ${b.features} and ${b.targets}`,
    )
  const sum = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + y[i]!)
  return {
    ...{ features: a.features, targets: a.targets, count: a.count + b.count },
    targetSquares: a.targetSquares + b.targetSquares,
    featureSums: sum(a.featureSums, b.featureSums),
    targetSums: sum(a.targetSums, b.targetSums),
    gram: sum(a.gram, b.gram),
    cross: sum(a.cross, b.cross),
  }
}
