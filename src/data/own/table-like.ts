import { UserError } from '../../errors.js'
import type { ImageShape, Samples, Split } from '../dataset.js'
import type { Content, Found, ReadProgress, Table } from './content.js'
import type { Meant } from './meaning.js'
import { plain } from './plain.js'
import { checkSinglePrecision } from './single-precision.js'
import { type DecodePictures, picturesOf } from './table.js'
import { isIndex, readInputs, shortened, type TableEncoding } from './table-inputs.js'
import { columnOf, labelsOf, type TableTarget, targetOf } from './table-target.js'

/** How a table was read, for another one that is to be read in the same way. */
export interface TableForm extends Pick<Samples, 'input' | 'target' | 'names'> {
  readonly encoding: TableEncoding
  /** Columns that are neither input nor target. */
  readonly ignore?: readonly string[] | undefined
}

/**
 * A table in the form of another one: its columns are found by their names, whatever their order, and its categories and
 * classes have the numbers that they have there. Throws a UserError with what does not fit.
 */
export const tableLike =
  (decode: DecodePictures) =>
  async (found: Found<Table>, form: TableForm, progress?: ReadProgress): Promise<Meant> => {
    const { input, target, names, encoding } = form
    const [{ name, picture }] = encoding.columns as [{ name: string; picture?: true }]
    const split = async (table: Table, where: string): Promise<Split> => {
      checkColumns(table, form, where)
      const targets = targetLike(table, form)(table, where)
      const shape = input.shape as ImageShape
      const inputs = picture
        ? (await decode(picturesOf(table, name, where), { shape }, progress)).inputs
        : readInputs(table, encoding, input, where)
      return { inputs, ...(targets && { targets }), count: table.rows }
    }
    return {
      ...{ input, target, names, encoding },
      train: await split(found.train, 'the table'),
      ...(found.test && { test: await split(found.test, 'the test part of the table') }),
    }
  }

/** Throws a UserError where numbers would have to stand for the columns of a table, and have no names. */
export function checkUnnamed({ input, encoding }: TableForm, kind: Content['kind']): void {
  if (input.levels !== undefined) return
  const names = encoding.columns.map(({ name }) => name)
  throw new UserError(`it holds ${kind}, and a table with these columns is wanted: ${shortened(names)}`)
}

/** What is neither read nor known to be left out may be a column by another name. */
function checkColumns({ columns, ...table }: Table, { input, encoding, ignore = [] }: TableForm, where: string): void {
  const wanted = [...encoding.columns.map(({ name }) => name), ...(encoding.target?.columns ?? [])]
  for (const name of wanted) columnOf({ ...table, columns }, name)
  if (encoding.columns[0]?.picture) return
  const known = new Set([...wanted, ...ignore])
  const others = columns.filter((own) => !known.has(own.name) && !isIndex(own)).map(({ name }) => name)
  if (others.length > 0)
    throw new UserError(
      `${where} has the column${others.length === 1 ? '' : 's'} ${shortened(others)}, and none but these are wanted: ` +
        `${shortened(wanted)}; rename what is meant by them, or take it out of the file`,
    )
  for (const { name, cells } of columns)
    if (input.levels === undefined && wanted.includes(name) && cells instanceof Float64Array)
      checkSinglePrecision(`column "${plain(name)}"`, cells)
}

/** The targets of a table with the columns, and the numbers of classes, of the form. */
function targetLike(table: Table, { target, names, encoding }: TableForm): TableTarget['targets'] {
  const { columns = [], cells } = encoding.target ?? {}
  const [name] = columns
  if (!cells || name === undefined) return targetOf(table, { target: columns, task: target.kind }).targets
  // Numbers in a file that names them may stand for other classes there.
  if (columnOf(table, name).classes) return byName(targetOf(table, { target: columns, task: 'class' }), names)
  const asTexts = labelsOf(name, new Map(cells.map((cell, label) => [cell, label])), cells)
  return (own, where) => asTexts(withTexts(own, name), where)
}

function byName({ names: own, targets }: TableTarget, names: readonly string[]): TableTarget['targets'] {
  return (table, where) => {
    const places = own.map((name) => names.indexOf(name))
    return (targets(table, where) as Int32Array).map((label) => {
      if (places[label]! >= 0) return places[label]!
      throw new UserError(`${where} has the class ${plain(own[label])}; it is one of ${shortened(names)}`)
    })
  }
}

/** The table with the cells of a column as texts: a number means what it says, in one file as in another. */
const withTexts = (table: Table, name: string): Table => ({
  ...table,
  columns: table.columns.map((column) =>
    column.name === name ? { name, cells: Array.from(column.cells as ArrayLike<unknown>, textOf) } : column,
  ),
})

const textOf = (cell: unknown): string => (Number.isNaN(cell) ? '' : `${cell}`)
