import { UserError } from '../errors.js'
import { sizeOf } from '../graph/types.js'
import { outputCount, type Samples, type Split, type Target } from './dataset.js'
import { type Flat, flatNumbers, type GivenSplit } from './given.js'

/**
 * Whether inputs of `levels` levels are parts of 1, as canvases and other libraries give them: fractions that all lie
 * from 0 to 1. All arrays of one origin are asked together, for a dark picture alone may be anything.
 */
export function arePartsOfOne(...all: readonly Flat[]): boolean {
  const isPart = (n: number): boolean => n >= 0 && n <= 1
  return all.every(({ numbers, mayBeFractions }) => mayBeFractions && (numbers as Float32Array).every(isPart))
}

/** Given inputs and targets, one after the other in this realm, and not yet checked. */
export interface FlatSplit {
  readonly inputs: Flat
  readonly targets?: Flat
  readonly count: number
}

/** The numbers of a split that a program hands over; `where` names it. Throws a UserError where there are none. */
export function flatSplit(given: GivenSplit, where: string): FlatSplit {
  if (typeof given !== 'object' || given === null)
    throw new UserError(`${where} is ${given === null ? 'null' : typeof given}: hand over { inputs, targets, count }`)
  const { inputs, targets, count } = given
  if (!Number.isInteger(count) || count < 0)
    throw new UserError(`${where}: its count, the number of its samples, is a whole number from 0, not ${count}`)
  return {
    inputs: flatNumbers(inputs, `the inputs of ${where}`),
    ...(targets !== undefined && { targets: flatNumbers(targets, `the targets of ${where}`) }),
    count,
  }
}

/**
 * The split as the library keeps it, of what a program hands over: every number is looked at. Inputs of quantised tasks
 * may be levels or parts of 1, classes may be one-hot. `where` names the split in messages. Throws a UserError with one
 * sentence about the first thing that is wrong.
 */
export const checkSplit = (given: GivenSplit, samples: Pick<Samples, 'input' | 'target'>, where: string): Split =>
  checkFlat(flatSplit(given, where), samples, where)

/** The same for numbers that lie flat. `parts`: whether inputs of levels are parts of 1. */
export function checkFlat(
  { inputs, targets, count }: FlatSplit,
  { input: { shape, levels }, target }: Pick<Samples, 'input' | 'target'>,
  where: string,
  parts = levels !== undefined && arePartsOfOne(inputs),
): Split {
  const size = sizeOf(shape)
  checkLength(inputs, count, size, where, 'inputs')
  const own =
    levels === undefined
      ? realNumbers(inputs, size, where, 'input')
      : parts
        ? fromParts(inputs, levels, size, where)
        : asLevels(inputs, levels, size, where)
  const targeted = targetsOf(targets, target, count, where)
  return { inputs: own, ...(targeted && { targets: targeted }), count }
}

function checkLength({ numbers }: Flat, count: number, size: number, where: string, what: string): void {
  if (numbers.length !== count * size)
    throw new UserError(`${where}: ${count} samples need ${count * size} numbers of ${what}, not ${numbers.length}`)
}

/** The place of the first number that does not fit, or -1. Lists are read by index, so that their gaps count, too. */
function firstWrong({ numbers }: Flat, fits: (number: number) => boolean): number {
  for (let i = 0; i < numbers.length; i++) if (!fits(numbers[i]!)) return i
  return -1
}

const placeOf = (where: string, what: string, i: number, size: number): string =>
  `${where}: ${what} ${Math.floor(i / size)} holds`

/** Numbers whose float32 is finite. */
function realNumbers(flat: Flat, size: number, where: string, what: string): Uint8Array | Float32Array {
  const { numbers } = flat
  const wrong = firstWrong(flat, (n) => Number.isFinite(Math.fround(n)))
  if (wrong >= 0)
    throw new UserError(`${placeOf(where, what, wrong, size)} ${numbers[wrong]}, which is not a finite number`)
  return numbers instanceof Float32Array || numbers instanceof Uint8Array ? numbers : Float32Array.from(numbers)
}

const LEVELS = 'leave `levels` out where inputs are real numbers'

function asLevels(flat: Flat, levels: number, size: number, where: string): Split['inputs'] {
  const { numbers } = flat
  // Every byte is one of 256 levels, and there may be many: they are not looked at.
  const isAny = numbers instanceof Uint8Array && levels >= 256
  const wrong = isAny ? -1 : firstWrong(flat, (n) => Number.isInteger(n) && n >= 0 && n < levels)
  if (wrong >= 0)
    throw new UserError(
      `${placeOf(where, 'input', wrong, size)} ${numbers[wrong]}, which is not a level from 0 to ${levels - 1}` +
        (flat.mayBeFractions ? `, nor are all of them parts of 1; ${LEVELS}` : ''),
    )
  if (levels > 256) return numbers instanceof Uint16Array ? numbers : Uint16Array.from(numbers)
  if (numbers instanceof Uint8ClampedArray) return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.length)
  return numbers instanceof Uint8Array ? numbers : Uint8Array.from(numbers)
}

/** Level / (levels - 1), rounded to float32 once or twice on the way, becomes the level again. */
function fromParts(flat: Flat, levels: number, size: number, where: string): Split['inputs'] {
  const { numbers } = flat
  const most = levels - 1
  const wrong = firstWrong(flat, (n) => Math.abs(n * most - Math.round(n * most)) <= most * 2 ** -22)
  if (wrong >= 0)
    throw new UserError(
      `${placeOf(where, 'input', wrong, size)} ${numbers[wrong]}, which is none of ${levels} levels, 0, 1/${most}, ` +
        `2/${most} and so on to 1: round the inputs to levels, or ${LEVELS}`,
    )
  const own = new (levels > 256 ? Uint16Array : Uint8Array)(numbers.length)
  for (let i = 0; i < own.length; i++) own[i] = Math.round(numbers[i]! * most)
  return own
}

function targetsOf(given: Flat | undefined, target: Target, count: number, where: string): Split['targets'] {
  if (target.kind === 'none') {
    if (given && given.numbers.length > 0)
      throw new UserError(`${where} has ${given.numbers.length} numbers of targets, and its task has none`)
    return undefined
  }
  const flat = given ?? { numbers: [], mayBeFractions: false }
  if (target.kind === 'class') return classesOf(flat, target.count, count, where)
  checkLength(flat, count, outputCount(target), where, 'targets')
  if (target.kind === 'values') return realNumbers(flat, target.count, where, 'target')
  const wrong = firstWrong(flat, (n) => n === 0 || n === 1)
  if (wrong >= 0)
    throw new UserError(`${placeOf(where, 'target', wrong, target.count)} ${flat.numbers[wrong]}, which is not 0 or 1`)
  return flat.numbers instanceof Uint8Array ? flat.numbers : Uint8Array.from(flat.numbers)
}

/** One class for each sample, or a one-hot row of `classes` numbers. */
function classesOf(flat: Flat, classes: number, count: number, where: string): Split['targets'] {
  const { numbers } = flat
  if (numbers.length === count * classes && classes > 1 && count > 0) return fromOneHot(flat, classes, count, where)
  if (numbers.length !== count)
    throw new UserError(
      `${where}: ${count} samples need as many classes, one each` +
        (classes > 1 ? ` (or one-hot rows of ${classes}, ${count * classes} numbers)` : '') +
        `, not ${numbers.length} numbers`,
    )
  const wrong = firstWrong(flat, (n) => Number.isInteger(n) && n >= 0 && n < classes)
  if (wrong >= 0) throw new UserError(`${where}: ${noClass(numbers, wrong, classes)}`)
  if (numbers instanceof Uint8Array || numbers instanceof Int32Array) return numbers
  return Int32Array.from(numbers)
}

function noClass(numbers: Flat['numbers'], place: number, classes: number): string {
  const number = numbers[place]!
  const label = `target ${place} is ${number}`
  if (!Number.isInteger(number))
    return (
      `${label}, which is no class: classes are whole numbers from 0 to ${classes - 1}; numbers that are to be ` +
      "predicted are a target of the kind 'values'"
    )
  if (number < 0) return `${label}: classes are counted from 0 to ${classes - 1}`
  const fromOne = (numbers as Float32Array).every((n) => Number.isInteger(n) && n >= 1 && n <= classes)
  return (
    `${label}, which is not below its ${classes} classes, counted from 0 to ${classes - 1}` +
    (fromOne ? ': here they are counted from 1, so take 1 from each' : '')
  )
}

function fromOneHot({ numbers }: Flat, classes: number, count: number, where: string): Split['targets'] {
  const own = new Int32Array(count)
  for (let row = 0; row < count; row++) {
    let [zeros, one] = [0, -1]
    for (let k = 0; k < classes; k++) {
      const n = numbers[row * classes + k]
      if (n === 0) zeros++
      else if (n === 1) one = k
    }
    if (one < 0 || zeros !== classes - 1)
      throw new UserError(
        `${where}: ${count} samples need as many classes, one each, not ${numbers.length} numbers: those of sample ${row} ` +
          'are no one-hot row, a single 1 among zeros',
      )
    own[row] = one
  }
  return own
}
