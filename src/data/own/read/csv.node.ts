import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UserError } from '../../../errors.js'
import { reason } from '../../../files.node.js'
import type { Found, Reader, Table } from '../content.js'
import { readCsv } from './csv-text.node.js'
import { type Shards, shardsAt, stacked } from './shards.node.js'

const ENDING = /\.(csv|tsv|tab)$/i
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
    return await readShards(shards, 'CSV', async (file) => {
      progress?.signal?.throwIfAborted()
      const table = readCsv(textOf(await bytesOf(file), file), file, { tabs: !/\.csv$/i.test(file) })
      return { ...table, folder: dirname(file) }
    })
  },
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
  const files = train.length + test.length
  const rest = leftOut.length > 0 ? `; not read: ${leftOut.join(', ')}` : ''
  const what = `a table in ${files === 1 ? '' : `${files} files of `}${format}: ${own.rows} rows, ${own.columns.length} columns${rest}`
  if (test.length === 0) return { what, train: own }
  const other = await part(test)
  stacked(
    [own, { ...other }].map(({ kind, columns }) => ({ kind, rows: 0, columns })),
    [train[0]!, test[0]!],
  )
  return { what: `${what}; ${other.rows} rows to test`, train: own, test: other }
}

/** Throws a UserError where the file cannot be read or is too large. */
export async function bytesOf(path: string, most = MOST_BYTES): Promise<Uint8Array> {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size > most)
    throw new UserError(`${path} has ${size} bytes; at most ${most} can be read: divide it, or take a part`)
  try {
    return await readFile(path)
  } catch (cause) {
    throw new UserError(`${path} cannot be read (${reason(cause)}); check that it is a file you may read.`, { cause })
  }
}

function textOf(bytes: Uint8Array, path: string): string {
  const [a, b] = bytes
  const encoding = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : 'utf-8'
  let text: string
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new UserError(`${path} is no text in UTF-8: save it as such (spreadsheets call it "CSV UTF-8")`, { cause })
  }
  if (text.includes('\0')) throw new UserError(`${path} is no text: it holds bytes that no text has`)
  return text
}
