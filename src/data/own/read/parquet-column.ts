import { formatOf } from '../../picture-formats.js'
import type { Column } from '../content.js'
import { plain } from '../plain.js'

/** Why a column cannot be a column of a table, in words. */
export class Unreadable extends Error {}

/** A list of numbers in each row becomes so many columns at most. */
const MOST_PLACES = 65_536

/**
 * The cells of a column of Parquet, which come in parts, as columns: numbers, texts or pictures; lists of equally many
 * numbers become a column a place. Throws Unreadable for anything else.
 */
export function columnFrom(
  name: string,
  parts: readonly ArrayLike<unknown>[],
  rows: number,
  classes?: readonly string[],
): Column[] {
  const count = parts.reduce((sum, { length }) => sum + length, 0)
  if (count !== rows) throw new Unreadable(`column "${plain(name)}" has ${count} cells in ${rows} rows`)
  const sample = firstCell(parts)
  if (Array.isArray(sample) || isNumbers(sample)) return listColumns(name, parts, rows, flat(sample).length)
  if (sample === undefined || isNumber(sample)) {
    const cells = new Float64Array(rows)
    each(parts, (cell, row) => {
      cells[row] = numberOf(cell, name, row)
    })
    return [{ name, cells, ...(classes && { classes }) }]
  }
  if (isPicture(sample)) return [{ name, cells: pictures(name, parts) }]
  const texts: string[] = []
  const decoder = new TextDecoder()
  each(parts, (cell, row) => {
    const text =
      cell instanceof Uint8Array ? decoder.decode(cell) : cell instanceof Date ? cell.toISOString() : (cell ?? '')
    if (typeof text !== 'string')
      throw new Unreadable(`column "${plain(name)}", row ${row + 1}, holds neither text nor number`)
    texts.push(text)
  })
  return [{ name, cells: texts }]
}

function each(parts: readonly ArrayLike<unknown>[], use: (cell: unknown, row: number) => void): void {
  let row = 0
  for (const part of parts) for (let i = 0; i < part.length; i++) use(part[i], row++)
}

/** The first cell that is not empty. */
function firstCell(parts: readonly ArrayLike<unknown>[]): unknown {
  for (const part of parts)
    for (let i = 0; i < part.length; i++) if (part[i] !== null && part[i] !== undefined) return part[i]
  return undefined
}

const isNumber = (cell: unknown): boolean => ['number', 'bigint', 'boolean'].includes(typeof cell)

/** A typed array of numbers, which is a list; bytes are a text or a picture. */
const isNumbers = (cell: unknown): boolean => ArrayBuffer.isView(cell) && !(cell instanceof Uint8Array)

function numberOf(cell: unknown, name: string, row: number): number {
  if (cell === null || cell === undefined) return Number.NaN
  if (isNumber(cell)) return Number(cell)
  throw new Unreadable(`column "${plain(name)}", row ${row + 1}, holds no number, and the rows above it do`)
}

/** The structure in which the library `datasets` keeps a picture: its bytes, or the path of a file beside the table. */
interface KeptPicture {
  readonly bytes?: Uint8Array | null
  readonly path?: unknown
}

const isPicture = (cell: unknown): boolean =>
  cell instanceof Uint8Array
    ? isEncoded(cell)
    : typeof cell === 'object' && cell !== null && ('bytes' in cell || 'path' in cell)

/** Whether bytes are a picture: all formats have a zero in their first bytes, and no text that begins alike has. */
const isEncoded = (bytes: Uint8Array): boolean => formatOf(bytes) !== undefined && bytes.subarray(0, 32).includes(0)

function pictures(name: string, parts: readonly ArrayLike<unknown>[]): Uint8Array[] {
  const cells: Uint8Array[] = []
  each(parts, (cell, row) => {
    const bytes = cell instanceof Uint8Array ? cell : (cell as KeptPicture | null | undefined)?.bytes
    if (!(bytes instanceof Uint8Array))
      throw new Unreadable(
        `column "${plain(name)}", row ${row + 1}, holds no bytes of a picture: paths of pictures are read from CSV alone`,
      )
    cells.push(bytes)
  })
  return cells
}

const flat = (cell: unknown): readonly unknown[] =>
  Array.isArray(cell)
    ? cell.flat(Number.POSITIVE_INFINITY)
    : ArrayBuffer.isView(cell)
      ? [...(cell as Float32Array)]
      : []

function listColumns(name: string, parts: readonly ArrayLike<unknown>[], rows: number, places: number): Column[] {
  if (places === 0 || places > MOST_PLACES)
    throw new Unreadable(
      `column "${plain(name)}" holds lists of ${places} cells: from 1 to ${MOST_PLACES} numbers can be read`,
    )
  const columns = Array.from({ length: places }, () => new Float64Array(rows))
  each(parts, (cell, row) => {
    const own = flat(cell)
    if (own.length !== places)
      throw new Unreadable(
        `column "${plain(name)}", row ${row + 1}, holds a list of ${own.length}, and the rows above it of ${places}`,
      )
    for (let place = 0; place < places; place++) columns[place]![row] = numberOf(own[place], name, row)
  })
  return columns.map((cells, place) => ({ name: `${name} ${place}`, cells }))
}
