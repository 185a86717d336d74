import { UsageError } from '../../errors.js'
import type { Samples, Split } from '../dataset.js'
import type { ArrayNumbers, OwnOptions } from './content.js'
import { checkSinglePrecision } from './single-precision.js'

/** Targets of one split: [N] or [N, K]. */
export interface TargetNumbers {
  /** Of the array, for messages. */
  readonly name: string
  /** Names of the columns; empty where the array names none. */
  readonly columns: readonly string[]
  readonly width: number
  readonly numbers: ArrayNumbers
}

export interface MeantTargets extends Pick<Samples, 'target' | 'names'> {
  readonly notes: readonly string[]
  convert(numbers: ArrayNumbers): NonNullable<Split['targets']>
}

type Task = NonNullable<OwnOptions['task']>

/** Whole numbers of more kinds than this are hardly classes. */
const MANY = 1000

/**
 * What arrays of targets mean, all splits together: whole numbers are classes, rows of one 1 among zeros are classes,
 * other rows of 0 and 1 are labels, and numbers with fractions are values. Throws a UsageError that names `--task`
 * where that is unsafe, or where the numbers do not fit the task that was named.
 */
export function targetsOf(
  parts: readonly TargetNumbers[],
  { task, classes }: OwnOptions,
  fromFile?: readonly string[],
): MeantTargets {
  const [{ name, width, columns }] = parts as [TargetNumbers]
  const names = classes ?? fromFile
  const all = parts.map(({ numbers }) => numbers)
  const isBinary = all.every((numbers) => numbers.every((number) => number === 0 || number === 1))
  const isOneHot = width > 1 && isBinary && all.every((numbers) => hasOneEach(numbers, width))
  const kind = task ?? guess(all, { name, width, isBinary, isOneHot })
  if (kind === 'labels') {
    if (!isBinary) throw new UsageError(`${name} holds other numbers than 0 and 1: it cannot be several labels.`)
    return several('labels', width, names ?? columns, name, (numbers) => Uint8Array.from(numbers))
  }
  if (kind === 'values') {
    for (const numbers of all)
      for (let k = 0; k < width; k++) checkSinglePrecision(columns[k] ?? name, numbers, k, width)
    return several('values', width, names ?? columns, name, (numbers) => Float32Array.from(numbers))
  }
  if (isOneHot) {
    const own = checkNames(names ?? columns, width, name)
    const note = `${name} is one-hot: the place of the 1 is the class`
    return { target: { kind: 'class', count: width }, names: own, notes: [note], convert: (n) => placesOfOne(n, width) }
  }
  if (width !== 1)
    throw new UsageError(
      `${name} has ${width} numbers a sample that are not one 1 among zeros: these are no classes; ` +
        'say --task labels or --task values, or name one column (--target).',
    )
  return classNumbers(all, name, names)
}

function guess(
  all: readonly ArrayNumbers[],
  { name, width, isBinary, isOneHot }: { name: string; width: number; isBinary: boolean; isOneHot: boolean },
): Task {
  const isWhole = all.every((numbers) => numbers.every(Number.isInteger))
  if (!isWhole) return 'values'
  if (width > 1) {
    if (isBinary) return isOneHot ? 'class' : 'labels'
    throw new UsageError(
      `${name} has ${width} whole numbers a sample: say --task values if these are values; classes are one number ` +
        'a sample, labels are 0 or 1 each.',
    )
  }
  const isFloat = all.some((numbers) => numbers instanceof Float32Array || numbers instanceof Float64Array)
  const kinds = distinct(all, MANY)
  const gap = kinds ? kinds.at(-1)! - kinds[0]! + 1 - kinds.length : 0
  if (kinds && !(isFloat && (gap > 0 || kinds[0]! < 0 || kinds[0]! > 1))) return 'class'
  throw new UsageError(
    `${name} holds whole numbers that may be classes or values: say which, --task class or --task values.`,
  )
}

/** The different numbers in their order; undefined where there are more than `most`. */
function distinct(all: readonly ArrayNumbers[], most: number): number[] | undefined {
  const found = new Set<number>()
  for (const numbers of all)
    for (let i = 0; i < numbers.length; i++) if (found.size < found.add(numbers[i]!).size && found.size > most) return
  return [...found].sort((a, b) => a - b)
}

function several(
  kind: 'labels' | 'values',
  count: number,
  names: readonly string[],
  where: string,
  convert: MeantTargets['convert'],
): MeantTargets {
  const own = names.length === 0 && count === 1 ? [where] : checkNames(names, count, where)
  return { target: { kind, count }, names: own, notes: [], convert }
}

/** `count` names, numbers where there are none. */
function checkNames(names: readonly string[], count: number, where: string): readonly string[] {
  if (names.length === 0) return Array.from({ length: count }, (_, i) => `${i}`)
  if (names.length === count) return names
  throw new UsageError(`${names.length} names (${names.join(', ')}) for the ${count} that ${where} holds: name each.`)
}

/** Classes [N]: from 0 as they are, from 1 shifted, other whole numbers in their order. */
function classNumbers(all: readonly ArrayNumbers[], name: string, names: readonly string[] | undefined): MeantTargets {
  const kinds = distinct(all, Number.POSITIVE_INFINITY)!
  const fraction = kinds.find((kind) => !Number.isInteger(kind))
  if (fraction !== undefined)
    throw new UsageError(`${name} holds ${fraction}, which is no class: say --task values if these are values.`)
  const [least = 0, most = 0] = [kinds[0], kinds.at(-1)]
  const numbered = (count: number, shift: number, notes: readonly string[], own = names): MeantTargets => ({
    target: { kind: 'class', count },
    names: own ?? Array.from({ length: count }, (_, i) => `${i + shift}`),
    notes,
    convert: (numbers) => Int32Array.from(numbers, (number) => number - shift),
  })
  // Names say how many there are: some may have no sample here.
  if (names && least >= 0 && most < names.length) return numbered(names.length, 0, [])
  if (names && least >= 1 && most === names.length)
    return numbered(names.length, 1, [`the labels go from 1 to ${most}: 1 is ${names[0]}`])
  const isRun = most - least + 1 === kinds.length
  if (!names && isRun && least === 0) return numbered(kinds.length, 0, [])
  if (!names && isRun && least === 1)
    return numbered(kinds.length, 1, [
      `the labels go from 1 to ${most}: moved to begin at 0, and kept as the names of the classes`,
    ])
  const places = new Map(kinds.map((kind, place) => [kind, place]))
  return {
    target: { kind: 'class', count: kinds.length },
    names: checkNames(names ?? kinds.map(String), kinds.length, name),
    notes: [`the labels are the numbers ${someOf(kinds)}: classes in this order`],
    convert: (numbers) => Int32Array.from(numbers, (number) => places.get(number)!),
  }
}

const SHOWN = 8
const someOf = (numbers: readonly number[]): string =>
  numbers.length <= SHOWN
    ? numbers.join(', ')
    : `${numbers.slice(0, SHOWN).join(', ')} and ${numbers.length - SHOWN} more`

function hasOneEach(numbers: ArrayNumbers, width: number): boolean {
  for (let row = 0; row < numbers.length; row += width) {
    let ones = 0
    for (let k = 0; k < width; k++) ones += numbers[row + k]!
    if (ones !== 1) return false
  }
  return true
}

const placesOfOne = (numbers: ArrayNumbers, width: number): Int32Array =>
  Int32Array.from({ length: numbers.length / width }, (_, row) => numbers.indexOf(1, row * width) - row * width)

/** Columns [N, K] side by side; throws a UsageError where they have other counts of samples. */
export function sideBySide(columns: readonly TargetNumbers[], count: number): TargetNumbers {
  const [first] = columns as [TargetNumbers]
  if (columns.length === 1) return first
  const width = columns.reduce((sum, column) => sum + column.width, 0)
  const numbers = new Float64Array(count * width)
  let place = 0
  for (const column of columns) {
    for (let row = 0; row < count; row++)
      for (let k = 0; k < column.width; k++) numbers[row * width + place + k] = column.numbers[row * column.width + k]!
    place += column.width
  }
  const isWhole = columns.every((own) => !(own.numbers instanceof Float32Array || own.numbers instanceof Float64Array))
  return {
    name: columns.map((own) => own.name).join(', '),
    columns: columns.flatMap((own) =>
      own.width === 1 ? [own.name] : Array.from({ length: own.width }, (_, k) => `${own.name} ${k}`),
    ),
    width,
    numbers: isWhole ? Int32Array.from(numbers) : numbers,
  }
}
