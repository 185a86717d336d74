import { UsageError } from '../../errors.js'
import type { Split } from '../dataset.js'
import type { ArrayNumbers } from './content.js'

/** What numbers of inputs stand for. */
export interface Reading {
  /** Levels from 0 to `levels - 1`; absent: real numbers. */
  readonly levels?: number
  /** Bytes that were divided by 255. */
  readonly isShare?: true
}

/**
 * Finds out whether `parts`, the inputs of all splits, are levels. Bytes are; so are whole numbers of more bits where
 * they are `pixels`, and floats that are k / 255 of a byte k, or whole numbers up to 255 exactly. All else are real
 * numbers.
 */
export function readingOf(parts: readonly ArrayNumbers[], pixels: boolean): Reading {
  const isFloat = parts.some(isFloating)
  const [least, most] = rangeOf(parts)
  checkUnits(parts)
  const isWhole = !isFloat || parts.every((own) => every(own, Number.isInteger))
  if (!isWhole && least >= 0 && most <= 1 && parts.every((own) => every(own, isByteShare)))
    return { levels: 256, isShare: true }
  const isLeveled = isWhole && least >= 0 && most >= 1 && most < 65536
  const isByte = parts.every((own) => own instanceof Uint8Array)
  return isLeveled && (isByte || pixels || most === 255) ? { levels: levelsUpTo(most) } : {}
}

/** What people may not expect of a reading. */
export function noteOn({ levels, isShare }: Reading): string | undefined {
  if (isShare) return 'the numbers are bytes divided by 255: read as 256 levels'
  return levels === undefined || levels === 256 ? undefined : `the largest number tells of ${levels} levels`
}

/** The numbers as a data set has them. */
export function asRead(numbers: ArrayNumbers, { levels, isShare }: Reading): Split['inputs'] {
  if (isShare && !(numbers instanceof Uint8Array)) return Uint8Array.from(numbers, (number) => Math.round(number * 255))
  if (levels === undefined) return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)
  if (levels > 256) return numbers instanceof Uint16Array ? numbers : Uint16Array.from(numbers)
  return numbers instanceof Uint8Array ? numbers : Uint8Array.from(numbers)
}

/** The first number that a reading cannot take; bytes are taken for levels, too, where they were divided by 255. */
export function unfit(numbers: ArrayNumbers, { levels, isShare }: Reading): number | undefined {
  if (levels === undefined || (isShare && numbers instanceof Uint8Array)) return undefined
  const fits = (number: number): boolean =>
    isShare
      ? number >= 0 && number <= 1 && isByteShare(number)
      : Number.isInteger(number) && number >= 0 && number < levels
  for (let i = 0; i < numbers.length; i++) if (!fits(numbers[i]!)) return numbers[i]!
  return undefined
}

/** Whether numbers that are read as bytes or more are 0 and 1 alone, with some 1: those of a picture of two shades. */
export function isBlackAndWhite(numbers: ArrayNumbers, { levels, isShare }: Reading): boolean {
  if (levels === undefined || levels < 256 || (isShare && isFloating(numbers))) return false
  return every(numbers, (number) => number === 0 || number === 1) && numbers.includes(1)
}

/** All levels of a byte if half of them are used, just as many as there are if fewer; beyond, a power of two. */
function levelsUpTo(most: number): number {
  if (most < 128) return most + 1
  return most < 256 ? 256 : 2 ** Math.ceil(Math.log2(most + 1))
}

const isFloating = (own: ArrayNumbers): boolean => own instanceof Float32Array || own instanceof Float64Array

/** k / 255 in single or double precision, however it was rounded. What is nearly 0 but not 0 is another number. */
const isByteShare = (number: number): boolean => {
  const level = Math.round(number * 255)
  return Math.abs(number * 255 - level) < 1e-4 && (level !== 0 || number === 0)
}

/** Throws a UsageError where one part is bytes divided by 255, and another one the bytes themselves. */
function checkUnits(parts: readonly ArrayNumbers[]): void {
  const isShare = (own: ArrayNumbers): boolean =>
    every(own, (number) => number >= 0 && number <= 1 && isByteShare(number)) && !every(own, Number.isInteger)
  const isByte = (own: ArrayNumbers): boolean =>
    !isFloating(own) || (every(own, Number.isInteger) && !every(own, (number) => number === 0 || number === 1))
  if (parts.length > 1 && parts.some(isShare) && parts.some(isByte))
    throw new UsageError(
      'the inputs of one part are bytes divided by 255, those of the other one bytes: give both in the same way.',
    )
}

function every(numbers: ArrayNumbers, holds: (number: number) => boolean): boolean {
  for (let i = 0; i < numbers.length; i++) if (!holds(numbers[i]!)) return false
  return true
}

function rangeOf(parts: readonly ArrayNumbers[]): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const numbers of parts)
    for (let i = 0; i < numbers.length; i++) {
      const number = numbers[i]!
      if (number < least) least = number
      if (number > most) most = number
    }
  return [least, most]
}
