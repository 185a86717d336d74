import { parse } from 'csv-parse/sync'
import { UserError } from '../../../errors.js'
import { plain } from '../plain.js'

/** How a text file writes a table. */
export interface Dialect {
  readonly delimiter: string
  readonly decimal: '.' | ','
  /** Whether the first record names the columns. */
  readonly header: boolean
}

type Records = readonly (readonly string[])[]

/** So much of the beginning is looked at. */
const HEAD = 2 ** 17
const MOST_RECORDS = 500

/** Texts that stand for a number that is missing, in lower case. */
const MISSING = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?'])

const INFINITE = /^([-+]?)inf(inity)?$/i

/** The number that a cell writes, NaN where it is missing; undefined where the cell is another text. */
export function numberIn(cell: string, decimal: '.' | ','): number | undefined {
  // Where commas are decimal, a point may divide thousands: such a cell is no number that is sure.
  if (decimal === ',' && cell.includes('.')) return undefined
  const text = decimal === ',' ? cell.replace(',', '.') : cell
  if (/^[-+.\d][-+.\deE]*$/.test(text)) {
    const number = Number(text)
    return Number.isNaN(number) ? undefined : number
  }
  const [, sign] = INFINITE.exec(cell) ?? []
  if (sign !== undefined) return Number(`${sign}Infinity`)
  return MISSING.has(cell.toLowerCase()) ? Number.NaN : undefined
}

/** What csv-parse is asked for, whatever the dialect. */
export const READING = { skip_empty_lines: true, trim: true, max_record_size: 2 ** 24 } as const

/** Finds out how a text is written, from its beginning. Throws a UserError where a guess would be unsafe. */
export function dialectOf(text: string, tabs: boolean, where: string): Dialect {
  const head = text.length <= HEAD ? text : text.slice(0, text.lastIndexOf('\n', HEAD) + 1 || HEAD)
  const read = (delimiter: string): Records => {
    const records: string[][] = []
    const on_record = (record: string[]): null => {
      records.push(record)
      return null
    }
    try {
      parse(head, { ...READING, delimiter, relax_column_count: true, relax_quotes: true, to: MOST_RECORDS, on_record })
    } catch {
      // The beginning may end within a quoted cell; the records above it stand.
    }
    return records
  }
  const found = (tabs ? ['\t'] : ['\t', ';', ',', '|'])
    .map((delimiter) => ({ delimiter, records: read(delimiter) }))
    .filter(({ records: [first, ...others] }) => first && first.length > 1 && others.every(isLong(first.length)))
  const chosen = found.find(({ delimiter, records }) => delimiter !== ';' || found.length === 1 || isDecimal(records))
  // Nothing divides every line in the same way: one column, or lines of which the reader will tell the first wrong one.
  const { delimiter, records } = chosen ??
    found[0] ?? { delimiter: tabs ? '\t' : ',', records: read(tabs ? '\t' : ',') }
  const decimal = delimiter === ',' ? '.' : decimalOf(records, where)
  return { delimiter, decimal, header: isHeader(records, decimal) }
}

const isLong =
  (length: number) =>
  (record: readonly string[]): boolean =>
    record.length === length

/** Whether all commas are those of numbers. */
const isDecimal = ([, ...records]: Records): boolean =>
  records.every((record) => record.every((cell) => !cell.includes(',') || COMMA.test(cell)))

const COMMA = /^[-+]?\d*,\d+(e[-+]?\d+)?$/i

function decimalOf(records: Records, where: string): '.' | ',' {
  const cells = records.flat()
  const commas = cells.filter((cell) => COMMA.test(cell))
  if (commas.length === 0 || cells.some((cell) => /^[-+]?\d+\.\d+$/.test(cell))) return '.'
  if (commas.every((cell) => /^[-+]?[1-9]\d{0,2},\d{3}$/.test(cell)))
    throw new UserError(
      `${where} writes numbers such as ${plain(commas[0])}, which may be thousands or decimals: write them without a comma, or ` +
        'with a point',
    )
  return ','
}

/** Whether the first record names the columns, by what stands below it. */
function isHeader([first, ...below]: Records, decimal: '.' | ','): boolean {
  if (!first || below.length === 0) return false
  const isText = (cell: string | undefined): boolean => cell !== undefined && numberIn(cell, decimal) === undefined
  if (isNumbered(first, below, isText)) return true
  const overNumbers = first.some(
    (cell, i) =>
      isText(cell) && below.every((record) => !isText(record[i])) && below.some((record) => record[i] !== ''),
  )
  if (overNumbers) return true
  const repeats = first.some((cell, i) => below.some((record) => record[i] === cell))
  return !repeats && first.every((cell, i) => isText(cell) || (cell === '' && i === 0))
}

/** So many numbers in their order are no chance. */
const MANY = 8

/**
 * Whether a record names columns by numbers in their order, as programs do that have no names for them (`0,1,2,label`),
 * or by years (`country,1990,2000,2010`). Where a row may have such numbers by chance, the names beside them tell.
 */
function isNumbered(first: Records[number], below: Records, isText: (cell: string) => boolean): boolean {
  const places = [...first.keys()]
  const numbers = places.filter((i) => /^(0|[1-9]\d*)$/.test(first[i]!))
  const texts = places.filter((i) => isText(first[i]!))
  const [start, step] = [Number(first[numbers[0]!]), Number(first[numbers[1]!]) - Number(first[numbers[0]!])]
  const isInOrder = step > 0 && numbers.every((place, i) => Number(first[place]) === start + i * step)
  const comesAgain = (i: number): boolean => below.some((record) => record[i] === first[i])
  // A column that numbers the rows comes first and has no name.
  const others = first[0] === '' && !comesAgain(0) ? 1 : 0
  const isWhole = numbers.length + texts.length + others === first.length
  if (!isInOrder || !isWhole || new Set(first).size < first.length) return false
  const isFrom = (number: number, count: number): boolean => start === number && step === 1 && numbers.length >= count
  if (texts.length === 0) return isFrom(0, 3) || isFrom(1, MANY)
  if (texts.some(comesAgain)) return false
  if (isFrom(0, MANY) || isFrom(1, MANY)) return true
  if (numbers.length < 3 && start !== 0) return false
  if (!isFrom(0, 3) && numbers.some(comesAgain)) return false
  // Of classes some come again, and a name among them does not. Years are names where some number below is none.
  const areClasses = (i: number): boolean => new Set(below.map((record) => record[i])).size < below.length
  const isYear = (cell: string | undefined): boolean => /^[12]\d{3}$/.test(cell ?? '')
  const isOther = (cell: string | undefined): boolean => !!cell && !isYear(cell) && !isText(cell)
  const areYears =
    numbers.every((i) => isYear(first[i])) && below.some((record) => numbers.some((i) => isOther(record[i])))
  return areYears || texts.some(areClasses)
}
