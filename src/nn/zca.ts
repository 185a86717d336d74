import { constant, scan, type Tensor } from '../graph/index.js'

/** Turns of the iteration; each one squares the error once it is small. */
const TURNS = 24

/**
 * C^(-1/2) of a symmetric, positive definite matrix [n, n]: the coupled Newton-Schulz iteration (Higham 2008, 6.35) on
 * C / ||C||. It is products alone, and needs about log(condition) / log(2.25) + 5 turns: 24 are enough up to 10^6.
 */
export function inverseSquareRoot(matrix: Tensor): Tensor {
  const n = matrix.shape[0]!
  const unit = constant(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    [n, n],
  )
  const norm = matrix.square().sum().sqrt()
  const { carried } = scan(TURNS, [matrix.div(norm), unit], ([y, z]) => {
    const half = unit.mul(3).sub(z!.matmul(y!)).mul(0.5)
    return { carried: [y!.matmul(half), half.matmul(z!)] }
  })
  return carried[1]!.div(norm.sqrt())
}

/** What whitens rows [N, D] and leaves them as near to what they were as can be (ZCA): their mean, and a matrix. */
export type Zca = { readonly mean: Tensor; readonly matrix: Tensor }

/** Of rows [N, D]: (covariance + epsilon I)^(-1/2) (Coates, Lee and Ng 2011: epsilon 0.1 for patches). */
export function zcaOf(rows: Tensor, epsilon: number): Zca {
  const [count, size] = rows.shape as [number, number]
  const mean = rows.mean([0])
  const centred = rows.sub(mean)
  const floor = constant(
    Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? epsilon : 0)),
    [size, size],
  )
  const covariance = centred.matmul(centred, { transposeA: true }).div(count)
  return { mean, matrix: inverseSquareRoot(covariance.add(floor)) }
}

/** Rows [N, D], whitened. */
export const whitened = (rows: Tensor, { mean, matrix }: Zca): Tensor => rows.sub(mean).matmul(matrix)
