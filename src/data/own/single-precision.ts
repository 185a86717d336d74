import { UsageError } from '../../errors.js'

/** Rounding may change a number by this part of the distance from the least to the most of them. */
const COARSE = 1e-3
/** Fractions that differ by less than this part of themselves differ by the rounding of whoever wrote them. */
const EQUAL = 1e-12

/**
 * Throws a UsageError where real numbers, every `step`th from `first` on, lie so close together for their size that
 * float32, in which networks compute, cannot tell them apart: times in seconds since 1970, of one afternoon, say.
 */
export function checkSinglePrecision(what: string, numbers: ArrayLike<number>, first = 0, step = 1): void {
  if (numbers instanceof Float32Array) return
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [isExact, isWhole] = [true, true]
  for (let i = first; i < numbers.length; i += step) {
    const number = numbers[i]!
    if (number < least) least = number
    if (number > most) most = number
    isExact &&= Math.fround(number) === number
    isWhole &&= Number.isInteger(number)
  }
  const size = Math.max(Math.abs(least), Math.abs(most))
  const span = most - least
  const isWide = span === 0 || size * 2 ** -24 <= COARSE * span
  const isRounding = !isWhole && span <= EQUAL * size
  if (isExact || isWide || isRounding || !Number.isFinite(Math.fround(size))) return
  const gap = 2 ** (Math.floor(Math.log2(size)) - 23)
  throw new UsageError(
    `${what} holds numbers from ${least} to ${most}, and networks compute in single precision, where those of this ` +
      `size lie ${Number(gap.toPrecision(3))} apart: subtract ${least} from each, or leave them out.`,
  )
}
