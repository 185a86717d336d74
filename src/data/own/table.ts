import { UsageError, UserError } from '../../errors.js'
import { show } from '../../graph/types.js'
import type { ImageShape, Split, TaskInput } from '../dataset.js'
import type { Column, OwnOptions, ReadProgress, Table } from './content.js'
import type { Meaning } from './meaning.js'
import { plain } from './plain.js'
import { inputsOf, readInputs } from './table-inputs.js'
import { columnOf, isMissing, targetOf } from './table-target.js'

/** A picture among the cells of a table: its bytes, or its path. */
export interface TablePicture {
  readonly source: Uint8Array | string
  /** For messages. */
  readonly where: string
}

/** Decodes the pictures of a table to 8-bit levels of one shape: of `shape`, or of what the pictures and options say. */
export type DecodePictures = (
  pictures: readonly TablePicture[],
  wanted: Pick<OwnOptions, 'size' | 'colour'> & { readonly shape?: ImageShape },
  progress?: ReadProgress,
) => Promise<{ readonly shape: ImageShape; readonly inputs: Uint8Array; readonly notes?: readonly string[] }>

/** What a table means: which columns are its target, and how the others become inputs. */
export const tableMeaning =
  (decode: DecodePictures): Meaning<Table> =>
  async (found, options, progress) => {
    const train = without(found.train, options)
    const { test } = found
    const own = targetOf(train, options)
    const { encoding: read, input: planned, notes } = inputsOf(train, own.columns, options)
    const encoding = { ...read, width: found.train.columns.length }
    const [{ name }] = encoding.columns as [{ name: string }]
    const images =
      planned === 'pictures' ? await decode(picturesOf(train, name, 'the table'), options, progress) : undefined
    const input: TaskInput = images ? { shape: images.shape, levels: 256 } : (planned as TaskInput)
    const split = async (table: Table, where: string, inputs?: Uint8Array): Promise<Split> => {
      const targets = own.targets(table, where)
      return {
        inputs: inputs ?? readInputs(table, encoding, input, where),
        ...(targets && { targets }),
        count: table.rows,
      }
    }
    const where = 'the test part of the table'
    const others =
      images && test
        ? (await decode(picturesOf(test, name, where), { ...options, shape: images.shape }, progress)).inputs
        : undefined
    return {
      input,
      target: own.target,
      names: own.names,
      train: await split(found.train, 'the table', images?.inputs),
      ...(test && { test: await split(test, where, others) }),
      notes: [
        ...(train.notes ?? []),
        ...own.notes,
        ...notes,
        ...(images ? [`column "${plain(name)}" holds pictures, read as ${show(images.shape)}`] : []),
        ...(images?.notes ?? []),
      ],
      encoding: { ...encoding, target: { columns: [...own.columns], ...(own.cells && { cells: [...own.cells] }) } },
    }
  }

/** The table without the columns that are to be ignored. Throws a UsageError for one that it does not have. */
function without(table: Table, { ignore = [], target = [] }: OwnOptions): Table {
  const ignored = new Set(ignore.map((name) => columnOf(table, name).name))
  const both = target.find((name) => ignored.has(name))
  if (both !== undefined)
    throw new UsageError(`column "${plain(both)}" is the target, and cannot be ignored: leave it out of one of the two`)
  return ignored.size === 0 ? table : { ...table, columns: table.columns.filter(({ name }) => !ignored.has(name)) }
}

/** The pictures of a column. Throws a UserError with the row of an empty cell. */
export function picturesOf({ columns, folder }: Table, name: string, where: string): TablePicture[] {
  const column = columns.find((candidate) => candidate.name === name)
  if (!column) throw new UserError(`${where} lacks the column ${plain(name)}, which holds the pictures`)
  return Array.from(column.cells as ArrayLike<Column['cells'][number]>, (cell, row) => {
    if (isMissing(cell) || cell === undefined || typeof cell === 'number')
      throw new UserError(`${where}, row ${row + 1}: column "${plain(name)}" holds no picture`)
    const place = `row ${row + 1} of ${where}`
    if (typeof cell !== 'string') return { source: cell, where: place }
    const isWhole = folder === undefined || /^([\\/]|[a-z]:)/i.test(cell)
    return { source: isWhole ? cell : `${folder}/${cell}`, where: place }
  })
}
