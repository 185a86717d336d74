import { UsageError, UserError } from '../../errors.js'
import { nearest } from '../../names.js'
import type { Target } from '../dataset.js'
import type { Column, OwnOptions, Table } from './content.js'
import { plain } from './plain.js'
import { checkSinglePrecision } from './single-precision.js'
import { checkNoNumbers } from './written-numbers.js'

/** The columns that are the target, and what they say. */
export interface TableTarget {
  readonly columns: readonly string[]
  readonly target: Target
  /** Of each class, label or value. */
  readonly names: readonly string[]
  /** Of classes in one column: what its cells say, as texts, in the order of the labels. */
  readonly cells?: readonly string[]
  readonly notes: readonly string[]
  /** The targets of the rows of a table with these columns; `where` names it in messages. */
  targets(table: Table, where: string): Int32Array | Uint8Array | Float32Array | undefined
}

const NAMED = ['label', 'class', 'target', 'y']
/** Whole numbers of more kinds are values, unless the column is called a label or a class. */
const FEW = 50
const MOST_CLASSES = 10_000

/** Chooses the target of a table. Throws a UsageError that names the flag to give where a guess would be unsafe. */
export function targetOf(table: Table, options: OwnOptions): TableTarget {
  const { task } = options
  if (task === 'none') return noTarget(table, options)
  const columns = options.target?.map((name) => columnOf(table, name)) ?? [guessed(table, task)]
  const kind = task ?? guessedKind(columns)
  if (kind === 'class') return oneClass(columns, options)
  const names = columns.map(({ name }) => name)
  const text = columns.find(({ cells }) => !(cells instanceof Float64Array))
  if (text)
    throw new UsageError(
      `column "${plain(text.name)}" holds ${typeof text.cells[0] === 'string' ? `texts ("${plain(text.cells[0])}")` : 'pictures'}, and ${kind} are numbers: name other columns (--target), or ask for classes (--task class)`,
    )
  const count = columns.length
  for (const { name, cells } of columns) checkSinglePrecision(`column "${plain(name)}"`, cells as Float64Array)
  if (kind === 'labels')
    return { columns: names, target: { kind, count }, names, notes: [], targets: numbersOf(names, isBinary, '0 or 1') }
  return {
    columns: names,
    target: { kind, count },
    names,
    notes: [],
    targets: numbersOf(names, () => true, 'a number (below 3.4e38)'),
  }
}

/** None; the columns that `--target` names are left out, and so no inputs. */
function noTarget(table: Table, { target = [] }: OwnOptions): TableTarget {
  const columns = target.map((name) => columnOf(table, name).name)
  const labels = table.columns.filter(({ name }) => NAMED.includes(name.toLowerCase()) && !columns.includes(name))
  const notes = labels.map(
    ({ name }) => `column "${plain(name)}" is an input, too: --ignore ${plain(name)} leaves it out`,
  )
  return { columns, target: { kind: 'none' }, names: [], notes, targets: () => undefined }
}

/** The column of that name. Throws a UsageError that names the nearest one. */
export function columnOf({ columns }: Table, name: string): Column {
  const own = columns.find((column) => column.name === name)
  if (own) return own
  const names = columns.map((column) => column.name)
  const meant = nearest(name, names)
  const question = meant === undefined ? '' : ` Did you mean "${plain(meant)}"?`
  throw new UsageError(`There is no column "${plain(name)}".${question} The columns: ${listed(names)}.`)
}

function guessed(table: Table, task: OwnOptions['task']): Column {
  const { columns } = table
  const known = columns.filter(({ name }) => NAMED.includes(name.toLowerCase()))
  if (known.length === 1) return known[0]!
  const classes = columns.filter((column) => column.classes)
  if (known.length === 0 && classes.length === 1) return classes[0]!
  const last = columns.at(-1)!
  const isSafe = task !== undefined || isMeasured(last) || areFewTexts(last)
  if (known.length === 0 && classes.length === 0 && columns.length > 1 && isSafe) return last
  const names = columns.map(({ name }) => name)
  const shown = names.length > 12 ? [...names.slice(0, 6), '...', ...names.slice(-4)] : names
  throw new UsageError(
    `which column is the target? Say --target COLUMN (several: --target A B), or --task none if there is none. The columns: ${shown.map((name) => plain(name, 30)).join(', ')}`,
  )
}

/** Numbers that are not all whole. */
const isMeasured = ({ cells }: Column): boolean =>
  cells instanceof Float64Array && cells.some((number) => Number.isFinite(number) && !Number.isInteger(number))

function areFewTexts({ cells }: Column): boolean {
  if (typeof cells[0] !== 'string') return false
  return new Set(cells as readonly string[]).size <= Math.max(2, cells.length / 4)
}

function guessedKind(columns: readonly Column[]): 'class' | 'labels' | 'values' {
  if (columns.length > 1)
    return columns.every(({ cells }) => cells instanceof Float64Array && cells.every(isBinary)) ? 'labels' : 'values'
  const [{ name, cells, classes }] = columns as [Column]
  if (classes || !(cells instanceof Float64Array)) return 'class'
  if (!cells.every(Number.isInteger)) return 'values'
  const kinds = new Set(cells).size
  return kinds <= (isNamed(name) ? MOST_CLASSES : FEW) && kinds <= Math.max(2, cells.length / 2) ? 'class' : 'values'
}

const isNamed = (name: string): boolean => ['label', 'class'].includes(name.toLowerCase())

const isBinary = (number: number): boolean => number === 0 || number === 1

function oneClass(columns: readonly Column[], { classes: given, task }: OwnOptions): TableTarget {
  const [column, second] = columns as [Column, Column | undefined]
  if (second) return oneHot(columns)
  if (given && new Set(given).size !== given.length) throw new UsageError('--classes names a class twice')
  const { name, cells } = column
  const kinds = [...new Set<string | number | Uint8Array>(cells)]
  if (kinds.length > MOST_CLASSES || kinds.some((kind) => kind instanceof Uint8Array))
    throw new UsageError(
      `column "${plain(name)}" is no class: it holds ${kinds.length} different values; name another (--target)`,
    )
  const names = given ?? column.classes
  if (task === undefined) checkNoNumbers(column)
  const long = kinds.find((kind) => Math.abs(kind as number) > Number.MAX_SAFE_INTEGER)
  if (cells instanceof Float64Array && long !== undefined)
    throw new UsageError(
      `column "${plain(name)}" holds ${long}: whole numbers beyond 2^53 are not told apart, so give classes shorter ones, or names`,
    )
  // Numbers from 0 that the file or a person names; else each class is called what stands in its cells.
  const known = new Set(names)
  const isPlace = cells instanceof Float64Array && names && !kinds.every((kind) => known.has(`${kind}`))
  const own = kinds.filter((kind) => kind !== '' && !Number.isNaN(kind))
  const sorted = cells instanceof Float64Array ? (own as number[]).sort((a, b) => a - b) : (own as string[]).sort()
  const all = names ?? sorted.map(String)
  const from = isPlace && sorted[0] === 1 && sorted.at(-1) === all.length ? 1 : 0
  const labels = new Map<string | number, number>(
    isPlace
      ? all.map((_, i) => [i + from, i])
      : all.map((text, i) => [cells instanceof Float64Array ? Number(text) : text, i]),
  )
  const said = isPlace ? all.map((_, i) => `${i + from}`) : all
  const isGuess = task === undefined && cells instanceof Float64Array && !names && !isNamed(name)
  return {
    columns: [name],
    target: { kind: 'class', count: all.length },
    names: all,
    cells: said,
    notes: isGuess
      ? [
          `"${plain(name)}" holds ${all.length} whole numbers, which are taken for classes; --task values predicts them as numbers`,
        ]
      : [],
    targets: labelsOf(name, labels, said),
  }
}

/** The labels of the rows of a table, by what the cells of a column say; `said` are these in words. */
export const labelsOf =
  (name: string, labels: ReadonlyMap<string | number, number>, said: readonly string[]): TableTarget['targets'] =>
  (table, where) => {
    const { cells } = columnOf(table, name)
    return Int32Array.from({ length: table.rows }, (_, row) => {
      const cell = cells[row]! as string | number
      const label = labels.get(cell)
      if (label !== undefined) return label
      const what = isMissing(cell) ? 'is empty' : `is ${plain(cell)}`
      throw new UserError(
        `${where}, row ${row + 1}: the class in column "${plain(name)}" ${what}; it is one of ${listed(said)}`,
      )
    })
  }

/** A class for each column: the one that holds the 1 of a row. */
function oneHot(columns: readonly Column[]): TableTarget {
  const names = columns.map(({ name }) => name)
  return {
    columns: names,
    target: { kind: 'class', count: names.length },
    names,
    notes: [],
    targets(table, where) {
      const cells = names.map((name) => columnOf(table, name).cells)
      return Int32Array.from({ length: table.rows }, (_, row) => {
        const place = cells.findIndex((own) => own[row] === 1)
        if (cells.every((own, i) => own[row] === Number(i === place)) && place >= 0) return place
        throw new UserError(
          `${where}, row ${row + 1}: the columns ${listed(names)} do not hold one 1 among zeros, and a class is one ` +
            'column, or that: name one column (--target), or say --task labels',
        )
      })
    },
  }
}

export const isMissing = (cell: unknown): boolean => cell === '' || Number.isNaN(cell)

const listed = (names: readonly unknown[]): string => {
  const shown = names.slice(0, 10).map((name) => plain(name, 20))
  return names.length > 10 ? `${shown.join(', ')}, ... (${names.length})` : shown.join(', ')
}

/** The numbers of several columns, row after row. */
const numbersOf =
  (names: readonly string[], fits: (number: number) => boolean, words: string): TableTarget['targets'] =>
  (table, where) => {
    const columns = names.map((name) => columnOf(table, name))
    return Float32Array.from({ length: table.rows * names.length }, (_, i) => {
      const { name, cells } = columns[i % names.length]!
      const row = Math.floor(i / names.length)
      const number = cells[row]
      if (typeof number === 'number' && Number.isFinite(Math.fround(number)) && fits(number)) return number
      const what = isMissing(number) ? 'is empty' : `holds ${plain(number)}`
      throw new UserError(`${where}, row ${row + 1}: column "${plain(name)}" ${what}; a target is ${words}`)
    })
  }
