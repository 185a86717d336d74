import { critical, noncentralBeyond } from './student.js'

/** Two-sided, at the level that intervals of 95 % go by. */
export const ALPHA = 0.05

/** The chance that is asked of a test to find a difference that is there. */
export const POWER = 0.8

/** More pairs than this are not counted: the difference is next to nothing beside its deviation. */
export const MOST = 10_000

/** The chance that a paired t test of `pairs` pairs finds a difference of `effect` deviations (Cohen's d_z). */
export const powerOf = (pairs: number, effect: number): number =>
  noncentralBeyond(critical(ALPHA, pairs - 1), effect * Math.sqrt(pairs), pairs - 1)

/** The fewest pairs, at least 2, with which it finds it at 80 % power; undefined where that is more than 10,000. */
export function pairsNeeded(effect: number): number | undefined {
  const enough = (pairs: number): boolean => powerOf(pairs, Math.abs(effect)) >= POWER
  let high = 2
  while (!enough(high)) {
    if (high === MOST) return undefined
    high = Math.min(MOST, high * 2)
  }
  let low = Math.max(1, Math.floor(high / 2))
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (enough(middle)) high = middle
    else low = middle
  }
  return high
}
