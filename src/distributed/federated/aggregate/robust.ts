/** Means of which a few hostile clients move little, however large their numbers. Claims of samples do not count. */
import { UsageError, UserError } from '../../../errors.js'
import { weightedMean } from './mean.js'

/** Calls `take` with the sorted values of every coordinate. */
function ofSorted(deltas: readonly Float32Array[], take: (sorted: Float32Array) => number): Float32Array {
  const sorted = new Float32Array(deltas.length)
  return deltas[0]!.map((_, i) => {
    // Insertion: the clients of a round are few, and no call per coordinate is as cheap.
    for (let k = 0; k < deltas.length; k++) {
      const value = deltas[k]![i]!
      let at = k
      for (; at > 0 && sorted[at - 1]! > value; at--) sorted[at] = sorted[at - 1]!
      sorted[at] = value
    }
    return take(sorted)
  })
}

/** How many of `count` a share stands for: 2 of 10 for 0.2. */
const countOf = (share: number, count: number): number => Math.floor(share * count + 1e-9)

/**
 * The mean of every coordinate without the `trim` share of its largest and of its smallest values (Yin et al. 2018,
 * arXiv 1803.01498, definition 2). It stands fewer hostile clients than that share.
 */
export function trimmedMean(deltas: readonly Float32Array[], trim: number): Float32Array {
  const cut = countOf(trim, deltas.length)
  const kept = deltas.length - 2 * cut
  if (kept < 1) throw new UserError(`a trim of ${trim} on both sides leaves none of ${deltas.length} updates`)
  return ofSorted(deltas, (sorted) => {
    let sum = 0
    for (let k = cut; k < cut + kept; k++) sum += sorted[k]!
    return sum / kept
  })
}

/** The median of every coordinate (Yin et al. 2018, definition 1). */
export function median(deltas: readonly Float32Array[]): Float32Array {
  const middle = deltas.length >> 1
  return ofSorted(deltas, (sorted) =>
    deltas.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2,
  )
}

/**
 * The scores of Krum: of each update, the sum of its squared distances to the n - f - 2 nearest others (Blanchard et al.
 * 2017, section 4), f of n being hostile. Throws a UserError unless n >= 2 f + 3.
 */
export function krumScores(deltas: readonly Float32Array[], hostile: number): Float64Array {
  const count = deltas.length
  if (count < 2 * hostile + 3)
    throw new UsageError(
      `Krum with ${hostile} hostile clients needs ${2 * hostile + 3} updates, and there are ${count}: ` +
        'ask for more clients in a round, or trim less',
    )
  const distances = deltas.map(() => new Float64Array(count))
  for (let a = 0; a < count; a++)
    for (let b = 0; b < a; b++) {
      const [one, other] = [deltas[a]!, deltas[b]!]
      let sum = 0
      for (let i = 0; i < one.length; i++) sum += (one[i]! - other[i]!) ** 2
      distances[a]![b] = sum
      distances[b]![a] = sum
    }
  return Float64Array.from(distances, (own, a) =>
    own
      .filter((_, b) => b !== a)
      .sort()
      .subarray(0, count - hostile - 2)
      .reduce((sum, distance) => sum + distance, 0),
  )
}

/** Multi-Krum: the mean of the n - f updates with the smallest scores. `trim`: f as a share of n. */
export function multiKrum(deltas: readonly Float32Array[], trim: number): Float32Array {
  const hostile = countOf(trim, deltas.length)
  const scores = krumScores(deltas, hostile)
  const ranked = [...deltas.keys()].sort((a, b) => scores[a]! - scores[b]! || a - b)
  const best = ranked.slice(0, deltas.length - hostile).map((k) => deltas[k]!)
  return weightedMean(best, new Float64Array(best.length).fill(1 / best.length))
}
