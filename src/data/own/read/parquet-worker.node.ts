/** Decodes Parquet files in a worker, which can be ended; see `parquet.node.ts`. */
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { Column } from '../content.js'
import { columnFrom, Unreadable } from './parquet-column.js'

/** What is to be read, and how much it may become in memory. */
export interface ParquetRequest {
  readonly path: string
  readonly bytes: number
  readonly mostUnpacked: number
}

export type ParquetAnswer =
  | { readonly rows: number; readonly columns: readonly Column[] }
  /** In words; `own` where they are ours and not the library's. */
  | { readonly wrong: string; readonly own: boolean }

async function decode({
  path,
  bytes,
  mostUnpacked,
}: ParquetRequest): Promise<Exclude<ParquetAnswer, { wrong: string }>> {
  const descriptor = openSync(path, 'r')
  const file = {
    byteLength: bytes,
    slice(start: number, end = bytes): ArrayBuffer {
      if (!(start >= 0 && start <= end && end <= bytes))
        throw new Error(`bytes ${start} to ${end} lie outside of the file`)
      const piece = new Uint8Array(end - start)
      for (let at = 0; at < piece.length; ) {
        const read = readSync(descriptor, piece, at, piece.length - at, start + at)
        if (read === 0) throw new Error('the file is shorter than it was')
        at += read
      }
      return piece.buffer
    },
  }
  try {
    const metadata = await parquetMetadataAsync(file, { geoparquet: false })
    const classes = classNames(metadata)
    const cells = new Map<string, ArrayLike<unknown>[]>()
    let rows = 0
    for (const { num_rows } of metadata.row_groups) {
      const [rowStart, rowEnd] = [rows, rows + Number(num_rows)]
      if (!(rowEnd > rowStart && rowEnd <= Number(metadata.num_rows))) throw new Error('its groups of rows do not fit')
      await parquetRead({
        ...{ file, metadata, rowStart, rowEnd, utf8: false, geoparquet: false },
        compressors: bounded(mostUnpacked),
        onChunk({ columnName, columnData }) {
          if (!cells.has(columnName)) cells.set(columnName, [])
          cells.get(columnName)!.push(columnData)
        },
      })
      rows = rowEnd
    }
    if (rows === 0) throw new Unreadable('it holds no rows')
    // Columns are decoded in any order.
    const names = parquetSchema(metadata).children.map(({ element }) => element.name)
    const columns = names.flatMap((name) => columnFrom(name, cells.get(name) ?? [], rows, classes[name]))
    return { rows, columns }
  } finally {
    closeSync(descriptor)
  }
}

/** The decompressors, with a limit on what all of them give together. */
function bounded(most: number): typeof compressors {
  let left = most
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number) => {
        left -= length
        if (!(length >= 0 && left >= 0)) throw new Unreadable(`it unpacks to more than ${most} bytes`)
        return unpack!(input, length)
      },
    ]),
  )
}

/** The names of classes by column, where the file has the description that the library `datasets` writes. */
function classNames({ key_value_metadata: pairs = [] }: FileMetaData): Readonly<Record<string, readonly string[]>> {
  const text = pairs.find(({ key }) => key === 'huggingface')?.value
  if (text === undefined) return {}
  try {
    const { info } = JSON.parse(text) as { info?: { features?: Record<string, { names?: unknown }> } }
    const named = Object.entries(info?.features ?? {}).filter(
      ([, { names }]) => Array.isArray(names) && names.every((name) => typeof name === 'string'),
    )
    return Object.fromEntries(named.map(([column, { names }]) => [column, names as string[]]))
  } catch {
    return {}
  }
}

async function answer(request: ParquetRequest): Promise<void> {
  try {
    const { rows, columns } = await decode(request)
    // Pictures are views of few buffers: those go over without being copied.
    const buffers = new Set<ArrayBuffer>()
    for (const { cells } of columns)
      if (cells instanceof Float64Array) buffers.add(cells.buffer as ArrayBuffer)
      else for (const cell of cells) if (typeof cell !== 'string') buffers.add(cell.buffer as ArrayBuffer)
    parentPort!.postMessage({ rows, columns } satisfies ParquetAnswer, [...buffers])
  } catch (error) {
    const wrong = error instanceof Error ? error.message : String(error)
    parentPort!.postMessage({ wrong, own: error instanceof Unreadable } satisfies ParquetAnswer)
  }
}

parentPort!.on('message', answer)
