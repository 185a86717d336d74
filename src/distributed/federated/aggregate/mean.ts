import { medianOf, type Update } from './update.js'

/** A client that claims more samples than so many times the median counts as having these. */
const MOST_TIMES_MEDIAN = 3

/** The share of each client, by its samples; claims above `most` count as `most`. They sum to 1. */
export function sharesOf(
  samples: readonly number[],
  most: number = MOST_TIMES_MEDIAN * medianOf(samples),
): Float64Array {
  const capped = samples.map((count) => Math.min(count, most))
  const all = capped.reduce((sum, count) => sum + count, 0)
  return Float64Array.from(capped, (count) => count / all)
}

/** sum_k share_k delta_k, in float64. */
export function weightedMean(deltas: readonly Float32Array[], shares: ArrayLike<number>): Float32Array {
  const sum = new Float64Array(deltas[0]!.length)
  for (const [k, delta] of deltas.entries()) {
    const share = shares[k]!
    for (let i = 0; i < sum.length; i++) sum[i]! += share * delta[i]!
  }
  return Float32Array.from(sum)
}

/** Federated averaging (McMahan et al. 2017, arXiv 1602.05629, algorithm 1), with capped counts. */
export const average = (updates: readonly Update[], most?: number): Float32Array =>
  weightedMean(
    updates.map(({ delta }) => delta),
    sharesOf(
      updates.map(({ samples }) => samples),
      most,
    ),
  )
