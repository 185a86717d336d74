/**
 * Mean and deviation of numbers of several kinds. A deviation of 0 is told as 1: numbers that never change become 0.
 */
export interface Scale {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/**
 * Of samples of `size` numbers, in `groups` runs of equal length: mean and deviation (of the population) of each run.
 */
export function scaleOf(numbers: ArrayLike<number>, groups: number, size: number): Scale {
  const run = size / groups
  const each = Math.max(1, numbers.length / groups)
  const groupOf = (i: number): number => Math.floor((i % size) / run)
  const first = Array.from({ length: groups }, (_, group) => numbers[group * run] ?? 0)
  const varies = new Set<number>()
  const sums = new Array<number>(groups).fill(0)
  for (let i = 0; i < numbers.length; i++) {
    sums[groupOf(i)]! += numbers[i]! / each
    if (numbers[i] !== first[groupOf(i)]) varies.add(groupOf(i))
  }
  // The mean of equal numbers is one of them; their sum is rounded.
  const mean = sums.map((own, group) => (varies.has(group) ? own : first[group]!))
  const variance = new Array<number>(groups).fill(0)
  for (let i = 0; i < numbers.length; i++) variance[groupOf(i)]! += (numbers[i]! - mean[groupOf(i)]!) ** 2 / each
  return { mean, deviation: variance.map((v) => Math.sqrt(v) || 1) }
}

/** Numbers without a unit: (number - mean) / deviation. */
export const standardised = (number: number, { mean, deviation }: Scale, group: number): number =>
  (number - mean[group]!) / deviation[group]!

/** Back in their own unit. */
export const restored = (number: number, { mean, deviation }: Scale, group: number): number =>
  number * deviation[group]! + mean[group]!
