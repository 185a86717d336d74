/** ln (1/K) sum_k e^(w_k) of each of N images, from log weights [K][N]: Burda, Grosse and Salakhutdinov 2016. */
export function importanceBounds(logWeights: readonly ArrayLike<number>[]): Float64Array {
  const [first] = logWeights
  return Float64Array.from({ length: first?.length ?? 0 }, (_, image) => {
    const largest = logWeights.reduce((most, own) => Math.max(most, own[image]!), Number.NEGATIVE_INFINITY)
    if (!Number.isFinite(largest)) return largest
    const sum = logWeights.reduce((total, own) => total + Math.exp(own[image]! - largest), 0)
    return largest + Math.log(sum / logWeights.length)
  })
}

/**
 * Bits per dimension of an image of D numbers in whole levels, `scale` of which make one unit of the density: (ln scale - nats / D) /
 * ln 2. A density of levels themselves, or of binary images, has a scale of 1; one on [0, 1] of 256 levels adds 8 bits.
 */
export const bitsPerDimension = (nats: number, size: number, scale: number): number =>
  (Math.log(scale) - nats / size) / Math.LN2
