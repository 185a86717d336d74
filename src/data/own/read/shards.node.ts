import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../errors.js'
import type { Column, Table } from '../content.js'

/** The files that a table lies in. */
export interface Shards {
  readonly train: readonly string[]
  readonly test: readonly string[]
  /** A part for validation beside a test part: not read, since a training holds out its own. */
  readonly leftOut: readonly string[]
}

const PARTS = { test: /(^|[^a-z])test/i, validation: /(^|[^a-z])(validation|valid|val|dev)([^a-z]|$)/i }

/**
 * The file at `path`, or the files of a folder (or of its sub-folder `data`) whose names end as `ending` says: those
 * named test are the test part, those named validation where there are none. Undefined where there are no such files.
 */
export function shardsAt(path: string, ending: RegExp): Shards | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    return ending.test(path) ? { train: [path], test: [], leftOut: [] } : undefined
  for (const folder of [path, join(path, 'data')]) {
    const names = namesIn(folder).filter((name) => ending.test(name))
    if (names.length === 0) continue
    const own = (part: (name: string) => boolean): string[] => names.filter(part).map((name) => join(folder, name))
    const test = own((name) => PARTS.test.test(name))
    const validation = own((name) => !PARTS.test.test(name) && PARTS.validation.test(name))
    const train = own((name) => !PARTS.test.test(name) && !PARTS.validation.test(name))
    if (train.length === 0)
      throw new UserError(`${folder} holds a test part (${names[0]}), but no training part beside it`)
    return test.length > 0 ? { train, test, leftOut: validation } : { train, test: validation, leftOut: [] }
  }
  return undefined
}

function namesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort()
}

/** One table of several, row after row. Throws a UserError unless they have the same columns. */
export function stacked(tables: readonly Table[], where: readonly string[]): Table {
  const [first, ...others] = tables as [Table, ...Table[]]
  if (others.length === 0) return first
  for (const [i, { columns }] of others.entries()) {
    const wrong = first.columns.findIndex(
      ({ name, cells }, c) => columns[c]?.name !== name || kindOf(columns[c]) !== kindOf({ cells }),
    )
    if (wrong >= 0 || columns.length !== first.columns.length)
      throw new UserError(
        `${where[i + 1]} has other columns than ${where[0]}: ${wrong >= 0 ? `there, "${first.columns[wrong]!.name}" is column ${wrong + 1}` : `${columns.length} and not ${first.columns.length}`}; the files of one table have the same columns`,
      )
  }
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const columns = first.columns.map((column, c): Column => {
    const cells = tables.map((table) => table.columns[c]!.cells)
    if (!(column.cells instanceof Float64Array)) return { ...column, cells: cells.flat() as Column['cells'] }
    const all = new Float64Array(rows)
    let at = 0
    for (const part of cells as Float64Array[]) {
      all.set(part, at)
      at += part.length
    }
    return { ...column, cells: all }
  })
  return { kind: 'table', rows, columns }
}

const kindOf = (column: Pick<Column, 'cells'> | undefined): string | undefined =>
  column && (column.cells instanceof Float64Array ? 'numbers' : typeof column.cells[0])
