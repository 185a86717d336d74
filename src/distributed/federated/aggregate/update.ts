/** What one client learned in a round. */
export interface Update {
  readonly client: string
  /** Its model less the one that the round began with: all tensors that travel, one after the other. */
  readonly delta: Float32Array
  /** The samples that it says it learned from: a claim. */
  readonly samples: number
}

/** The Euclidean norm, summed in float64. */
export function normOf(delta: Float32Array): number {
  let sum = 0
  for (let i = 0; i < delta.length; i++) sum += delta[i]! * delta[i]!
  return Math.sqrt(sum)
}

/** The middle of some numbers; of an even count, the mean of the two in the middle. NaN of none. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
