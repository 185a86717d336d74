import { type CsvError, parse } from 'csv-parse/sync'
import { UserError } from '../../../errors.js'
import type { Column, Table } from '../content.js'
import { plain } from '../plain.js'
import { isIndex } from '../table-inputs.js'
import { type Dialect, dialectOf, numberIn, READING } from './csv-dialect.node.js'

/** A table takes 8 bytes a cell, 0.8 GB in all. */
const MOST_CELLS = 100_000_000
const MOST_COLUMNS = 65_536

/**
 * The table that a text writes: commas, semicolons, tabs or bars between cells, with or without names of the columns. A
 * column is numbers where each of its cells is a number or missing, and texts otherwise. `where` names the text in
 * messages. Throws a UserError with the line that is wrong.
 */
export function readCsv(text: string, where: string, { tabs = false }: { readonly tabs?: boolean } = {}): Table {
  const dialect = dialectOf(text, tabs, where)
  const { numbers, texts, names, rows } = gather(text, dialect, where)
  if (rows === 0) throw new UserError(`${where} holds no rows of a table`)
  const late = new Set([...numbers.keys()].filter((i) => numbers[i] === undefined && texts[i] === undefined))
  const again = late.size > 0 ? gather(text, dialect, where, late).texts : texts
  const columns = names.map((name, i): Column => {
    const cells = numbers[i]?.subarray(0, rows) ?? texts[i] ?? again[i]!
    return { name, cells }
  })
  checkNameless(columns, where)
  const notes = dialect.header && names.some((name) => /^\d+$/.test(name)) ? [numbersAsNames(names)] : []
  return { kind: 'table', rows, columns: columns.filter(isUsed), ...(notes.length > 0 && { notes }) }
}

function numbersAsNames(names: readonly string[]): string {
  const shown = names.length > 8 ? [...names.slice(0, 4), '...', ...names.slice(-2)] : names
  const listed = shown.map((name) => plain(name, 20)).join(', ')
  return `the first line holds numbers and is taken for the names of the columns (${listed}): if it is a row, put a line of names above it`
}

/** A delimiter at the end of each line makes a column of nothing. */
const isUsed = ({ name, cells }: Column): boolean =>
  name !== '' || !(cells instanceof Float64Array) || cells.some((number) => !Number.isNaN(number))

/** Columns are found by their names, so that no two may have none; one that numbers the rows comes first, and is not read. */
function checkNameless(columns: readonly Column[], where: string): void {
  const places = columns.flatMap((column, i) =>
    column.name === '' && isUsed(column) && !(i === 0 && isIndex(column)) ? [i + 1] : [],
  )
  if (places.length > 1)
    throw new UserError(
      `${where} has ${places.length} columns without a name (columns ${places.slice(0, 6).join(', ')}${places.length > 6 ? ', ...' : ''}): ` +
        'write a name for each into its first line, or take them out of the file',
    )
}

interface Gathered {
  readonly names: readonly string[]
  readonly rows: number
  /** Of each column; undefined where it holds a text. */
  readonly numbers: (Float64Array | undefined)[]
  /** Of the columns whose first cell is a text, or of those that were asked for. */
  readonly texts: (string[] | undefined)[]
}

function gather(text: string, dialect: Dialect, where: string, asked?: ReadonlySet<number>): Gathered {
  const { delimiter, decimal, header } = dialect
  const lines = countLines(text)
  let names: readonly string[] | undefined
  let rows = 0
  const numbers: (Float64Array | undefined)[] = []
  const texts: (string[] | undefined)[] = []
  const met = new Map<string, string>()
  const kept = (cell: string): string => {
    const same = met.get(cell)
    if (same !== undefined) return same
    if (met.size < 10_000) met.set(cell, cell)
    return cell
  }
  const begin = (record: readonly string[]): void => {
    if (record.length > MOST_COLUMNS)
      throw new UserError(`${where} has ${record.length} columns; at most ${MOST_COLUMNS} can be read`)
    names = header ? record : record.map((_, i) => `column ${i + 1}`)
    const known = new Set<string>()
    const twice = names.find((name) => name !== '' && known.size === known.add(name).size)
    if (twice !== undefined)
      throw new UserError(`${where} names two of its columns "${plain(twice)}": give each its own name`)
    for (const i of record.keys()) {
      numbers[i] = asked ? undefined : new Float64Array(Math.min(lines, 64))
      texts[i] = asked?.has(i) ? [] : undefined
    }
  }
  const add = (record: readonly string[]): void => {
    if (rows * record.length > MOST_CELLS)
      throw new UserError(`${where} has more than ${MOST_CELLS} cells; take fewer rows or columns`)
    for (let i = 0; i < record.length; i++) {
      const cell = record[i]!
      const number = numbers[i] && numberIn(cell, decimal)
      if (number !== undefined) numbers[i] = withNumber(numbers[i]!, rows, number, lines)
      else {
        if (numbers[i] && rows === 0) texts[i] = []
        numbers[i] = undefined
        texts[i]?.push(kept(cell))
      }
    }
    rows++
  }
  const take = (record: readonly string[]): null => {
    if (!names) {
      begin(record)
      if (header) return null
    }
    add(record)
    return null
  }
  try {
    parse(text, { ...READING, delimiter, on_record: take })
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(wrongLine(error as CsvError, where), { cause: error })
  }
  return { names: names ?? [], rows, numbers, texts }
}

function withNumber(numbers: Float64Array, row: number, number: number, lines: number): Float64Array {
  let own = numbers
  if (row >= own.length) {
    own = new Float64Array(Math.min(lines, 2 * own.length))
    own.set(numbers)
  }
  own[row] = number
  return own
}

/** At least as many as there are records. */
function countLines(text: string): number {
  let lines = 1
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 10 || code === 13) lines++
  }
  return lines
}

/** csv-parse's errors, in our words. */
function wrongLine(error: CsvError, where: string): string {
  const {
    lines,
    record,
    max_record_size: most,
  } = error as CsvError & {
    readonly lines?: number
    readonly record?: readonly string[]
    readonly max_record_size?: number
  }
  const line = `${where}, line ${lines ?? '?'}`
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH': {
      const wanted = /expect (\d+)/.exec(error.message)?.[1]
      return `${line} has ${record?.length} cells, but the lines above it have ${wanted}: put a cell between quotes where it holds a delimiter`
    }
    case 'CSV_QUOTE_NOT_CLOSED':
      return `${where} ends within a quoted cell: a quotation mark is missing, or the file is cut`
    case 'CSV_MAX_RECORD_SIZE':
      return `${line} is longer than ${most ?? READING.max_record_size} characters: is this a table?`
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return `${line} has a quotation mark inside of a cell: put the whole cell between quotes and double those inside of it`
    default:
      return `${line} cannot be read as a table (${plain(error.message, 200)})`
  }
}
