import { ALPHA, pairsNeeded } from './power.js'
import { critical, twoSided } from './student.js'

/** Numbers of independent runs, summed up. */
export interface Summary {
  readonly count: number
  readonly mean: number
  /** Of the sample (count - 1); absent for one number. */
  readonly deviation?: number
  /** Of the mean, 95 %, by Student's t. */
  readonly interval?: readonly [low: number, high: number]
}

/** Pairs of runs with the same seed, compared: what one has more than the other. */
export interface PairedDifference extends Summary {
  /** Of the two-sided paired t test. Absent, as the four below, where the differences do not vary. */
  readonly p?: number
  readonly t?: number
  /** Cohen's d_z: the mean difference in deviations of the differences. */
  readonly effect?: number
  /** Seeds with which a difference of this effect would be found at 80 % power; absent where more than 10,000. */
  readonly seedsNeeded?: number
}

const meanOf = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length

/** The mean, with deviation and interval where there are two numbers or more. Throws a RangeError for none. */
export function summarized(numbers: readonly number[]): Summary {
  const count = numbers.length
  if (count === 0) throw new RangeError('there are no numbers to sum up')
  const mean = meanOf(numbers)
  if (count === 1) return { count, mean }
  const deviation = Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (count - 1))
  const half = (critical(ALPHA, count - 1) * deviation) / Math.sqrt(count)
  return { count, mean, deviation, interval: [mean - half, mean + half] }
}

/** Each number less the one at the same place of `others`; the paired t test (Student 1908) over these differences. */
export function pairedDifference(numbers: readonly number[], others: readonly number[]): PairedDifference {
  if (numbers.length !== others.length) throw new RangeError(`${numbers.length} and ${others.length} are no pairs`)
  const summary = summarized(numbers.map((x, i) => x - others[i]!))
  const { count, mean, deviation } = summary
  // Equal to the last bits: rounding alone, and no deviation that a test could go by.
  const rounding = 1e-12 * Math.max(...numbers.map(Math.abs), ...others.map(Math.abs))
  if (deviation === undefined || deviation <= rounding) return summary
  const effect = mean / deviation
  const t = effect * Math.sqrt(count)
  const seedsNeeded = pairsNeeded(effect)
  return { ...summary, t, p: twoSided(t, count - 1), effect, ...(seedsNeeded !== undefined && { seedsNeeded }) }
}

/** P-values of several tests of one family, each corrected for the others (Holm 1979); in the order in which they came. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const corrected = new Array<number>(values.length)
  let least = 0
  for (const [rank, i] of order.entries()) {
    least = Math.min(1, Math.max(least, (values.length - rank) * values[i]!))
    corrected[i] = least
  }
  return corrected
}
