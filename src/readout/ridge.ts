import { UserError } from '../errors.js'
import { factorise, solve, triangleOf } from './cholesky.js'
import { type Moments, rowStart } from './moments.js'

/** A linear map with a constant: x W + b. */
export interface Affine {
  /** [D, K]. */
  readonly weight: Float64Array
  /** [K]. */
  readonly bias: Float64Array
}

/** A feature whose deviation is a thousandth of its mean or less tells nothing that float32 could hold. */
const CONSTANT = 1e-6

/** Means of the features, their deviations (1 where a feature is constant), and whether each one is constant. */
function scalesOf({ features, count, featureSums, gram }: Moments) {
  const means = featureSums.map((sum) => sum / count)
  const deviations = new Float64Array(features).fill(1)
  const isConstant = new Uint8Array(features)
  for (let i = 0; i < features; i++) {
    const square = gram[rowStart(features, i)]! / count
    const variance = square - means[i]! ** 2
    if (variance > CONSTANT * square) deviations[i] = Math.sqrt(variance)
    else isConstant[i] = 1
  }
  return { means, deviations, isConstant }
}

/**
 * Ridge regression (Hoerl and Kennard 1970) on standardised features: the W and b that make
 *   sum ||y - x' W' - b'||^2 + lambda ||W'||^2
 * smallest, x' with mean 0 and deviation 1, handed back for the features as they are. b is not held small, and constant
 * features get no weight. Solved exactly, in float64, in D^2 (D + 6 K) / 3 multiplications and 4 D^2 bytes.
 * Throws a UserError where there are no samples, or where lambda is too small for features that depend on each other.
 */
export function ridge(moments: Moments, lambda: number): Affine {
  const { features, targets, count, gram, cross, targetSums } = moments
  if (count === 0) throw new UserError('a read-out is solved from samples, and there are none')
  if (!(lambda >= 0)) throw new UserError(`the lambda of a read-out is a number from 0, not ${lambda}`)
  const { means, deviations, isConstant } = scalesOf(moments)
  const matrix = triangleOf(features, (row, column) => {
    if (isConstant[row] || isConstant[column]) return row === column ? 1 : 0
    const centred = gram[rowStart(features, column) + row - column]! - count * means[row]! * means[column]!
    return centred / (deviations[row]! * deviations[column]!) + (row === column ? lambda : 0)
  })
  const wanted = cross.map((sum, at) => {
    const i = Math.floor(at / targets)
    return isConstant[i] ? 0 : (sum - means[i]! * targetSums[at % targets]!) / deviations[i]!
  })
  const solved = solve(factorise(matrix), wanted, targets)
  const weight = solved.map((value, at) => value / deviations[Math.floor(at / targets)]!)
  const bias = targetSums.map((sum) => sum / count)
  for (let i = 0; i < features; i++) for (let k = 0; k < targets; k++) bias[k]! -= means[i]! * weight[i * targets + k]!
  return { weight, bias }
}

/** The mean over samples of ||y - x W - b||^2, from their moments alone. */
export function meanError(moments: Moments, { weight, bias }: Affine): number {
  const { features, targets, count, gram, cross, featureSums, targetSums, targetSquares } = moments
  let sum = targetSquares
  for (let k = 0; k < targets; k++) {
    const own = Float64Array.from({ length: features }, (_, i) => weight[i * targets + k]!)
    const b = bias[k]!
    sum += b * (count * b - 2 * targetSums[k]!)
    for (let i = 0; i < features; i++) {
      const start = rowStart(features, i) - i
      // What lies above the diagonal counts twice.
      let row = (gram[start + i]! * own[i]!) / 2
      for (let j = i + 1; j < features; j++) row += gram[start + j]! * own[j]!
      sum += 2 * own[i]! * (row + b * featureSums[i]! - cross[i * targets + k]!)
    }
  }
  return sum / count
}

/** A read-out, and what the lambdas that were tried left of the error on held-out samples. */
export interface Chosen extends Affine {
  readonly lambda: number
  /** Empty where there was no choice. */
  readonly tried: readonly { readonly lambda: number; readonly error: number }[]
}

/**
 * The read-out from `learned` whose lambda leaves the smallest mean squared error on `heldOut`. With one lambda nothing
 * is chosen, and `heldOut` may be absent.
 */
export function chooseRidge(learned: Moments, heldOut: Moments | undefined, lambdas: readonly number[]): Chosen {
  const [only, ...others] = lambdas
  if (only === undefined) throw new UserError('a read-out needs a lambda')
  if (others.length === 0) return { ...ridge(learned, only), lambda: only, tried: [] }
  if (!heldOut || heldOut.count === 0)
    throw new UserError('several lambdas are told apart by held-out samples: hold some out, or name one lambda alone')
  const each = lambdas.map((lambda) => {
    const map = ridge(learned, lambda)
    return { ...map, lambda, error: meanError(heldOut, map) }
  })
  const { error: _, ...best } = each.reduce((a, b) => (b.error < a.error ? b : a))
  return { ...best, tried: each.map(({ lambda, error }) => ({ lambda, error })) }
}
