import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../../../errors.js'
import type { Column, Table } from '../content.js'
import { type Role, roleOf } from '../names.js'

/** The files that a table lies in. */
export interface Shards {
  readonly train: readonly string[]
  readonly test: readonly string[]
  /** A part for validation beside a test part: not read, since a training holds out its own. */
  readonly leftOut: readonly string[]
}

/**
 * The file at `path`, with its counterpart for testing beside it, or the files of a folder (or of its sub-folder `data`)
 * whose names end as `ending` says: by their names those of the test part, and those of validation where there are none.
 * Undefined where there are no such files.
 */
export function shardsAt(path: string, ending: RegExp): Shards | undefined {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const { part, stem } = roleOf(basename(path))
    const isTest = (name: string): boolean => roleOf(name).part === 'test' && roleOf(name).stem === stem
    const test = part === 'train' ? namesIn(dirname(path), ending).filter(isTest) : []
    return { train: [path], test: test.length === 1 ? [join(dirname(path), test[0]!)] : [], leftOut: [] }
  }
  for (const folder of [path, join(path, 'data')]) {
    const names = namesIn(folder, ending)
    if (names.length === 0) continue
    const own = (...parts: readonly Role['part'][]): string[] =>
      names.filter((name) => parts.includes(roleOf(name).part)).map((name) => join(folder, name))
    const [train, test, validation] = [own('train', undefined), own('test'), own('validation')]
    if (train.length === 0)
      throw new UserError(`${folder} holds a test part (${names[0]}), but no training part beside it`)
    return test.length > 0 ? { train, test, leftOut: validation } : { train, test: validation, leftOut: [] }
  }
  return undefined
}

function namesIn(folder: string, ending: RegExp): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && ending.test(name))
    .sort()
}

/** One table of several, row after row. Throws a UserError unless they have the same columns. */
export function stacked(tables: readonly Table[], where: readonly string[]): Table {
  const [first, ...others] = tables as [Table, ...Table[]]
  if (others.length === 0) return first
  const wrong = others.findIndex((other) => !sameColumns(first, other))
  if (wrong >= 0)
    throw new UserError(`${where[wrong + 1]} has other columns than ${where[0]}; the files of one table have the same`)
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
  return { kind: 'table', rows, columns, ...(first.notes && { notes: first.notes }) }
}

/** Whether tables have columns of the same names and kinds, in the same order. */
export const sameColumns = (a: Table, b: Table): boolean =>
  a.columns.length === b.columns.length &&
  a.columns.every(({ name, cells }, i) => b.columns[i]!.name === name && kindOf(cells) === kindOf(b.columns[i]!.cells))

const kindOf = (cells: Column['cells']): string => (cells instanceof Float64Array ? 'numbers' : typeof cells[0])
