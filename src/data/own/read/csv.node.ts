import { readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../../../errors.js'
import { textOf as decoded } from '../../../files.node.js'
import type { Found, Reader, ReadProgress, Table } from '../content.js'
import { readBytes } from '../file.node.js'
import { readCsv } from './csv-text.node.js'
import { type Shards, sameColumns, shardsAt, stacked } from './shards.node.js'

const ENDING = /\.(csv|tsv|tab)(\.gz)?$/i
/** A longer text does not fit into one string. */
const MOST_BYTES = 500_000_000

/** Comma-separated values, with tabs or semicolons too: one file, or a folder of them. */
export const csv: Reader = {
  format: 'CSV',
  recognises(path) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return ENDING.test(path)
    // A table may lie beside pictures that it names or describes: such a folder is one of pictures.
    const names = readdirSync(path).filter((name) => !name.startsWith('.') && !/\.(md|txt|json)$/i.test(name))
    return names.length > 0 && names.every((name) => ENDING.test(name))
  },
  async read(path, _options, progress): Promise<Found<Table>> {
    const shards = shardsAt(path, ENDING)
    if (!shards) throw new UserError(`${path} holds no CSV file`)
    return await readShards(shards, 'CSV', (file) => readCsvFile(file, progress))
  },
}

/** The table of one file; see `readCsv`. */
export async function readCsvFile(file: string, progress?: ReadProgress): Promise<Table> {
  const text = textOf(await readBytes(file, progress, { most: MOST_BYTES }), file)
  return { ...readCsv(text, file, { tabs: !/\.csv(\.gz)?$/i.test(file) }), folder: dirname(file) }
}

/** The training and the test part of a table in files. */
export async function readShards(
  { train, test, leftOut }: Shards,
  format: string,
  read: (file: string) => Promise<Table>,
): Promise<Found<Table>> {
  const part = async (files: readonly string[]): Promise<Table> => {
    const tables: Table[] = []
    for (const file of files) tables.push(await read(file))
    return stacked(tables, files)
  }
  const own = await part(train)
  const other = test.length > 0 ? await part(test) : undefined
  // Those who set a task for others keep the targets of their test part for themselves.
  const isUsed = other !== undefined && sameColumns(own, other)
  const aside = [...leftOut, ...(isUsed ? [] : test)]
  const files = train.length === 1 ? format : `${train.length} ${format} files`
  const what = [
    `a table in ${files}, ${own.rows} rows of ${own.columns.length} columns`,
    ...(isUsed ? [`${other.rows} rows to test in ${test.join(', ')}`] : []),
    ...(aside.length > 0 ? [`not used: ${aside.join(', ')}${isUsed ? '' : ', which has other columns'}`] : []),
  ]
  return { what: what.join('; '), train: own, ...(isUsed && { test: other }) }
}

function textOf(bytes: Uint8Array, path: string): string {
  let text: string
  try {
    text = decoded(bytes, { fatal: true })
  } catch (cause) {
    throw new UserError(`${path} is no text in UTF-8: save it as such (spreadsheets call it "CSV UTF-8")`, { cause })
  }
  if (text.includes('\0')) throw new UserError(`${path} is no text: it holds bytes that no text has`)
  return text
}
