import { brotliCompressSync, gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'

/** One block of bytes as they are, in a frame of Zstandard (RFC 8878), for which Node 20 has no writer. */
function zstd(bytes: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(12))
  header.setUint32(0, 0xfd2fb528, true)
  header.setUint8(4, 0xa0) // one segment, its length in four bytes
  header.setUint32(5, bytes.length, true)
  const block = (bytes.length << 3) | 1 // the last block
  header.setUint16(9, block & 0xffff, true)
  header.setUint8(11, block >> 16)
  return new Uint8Array([...new Uint8Array(header.buffer), ...bytes])
}

type Options = Parameters<typeof parquetWriteBuffer>[0]
type SchemaElement = NonNullable<Options['schema']>[number]

const compressors = {
  GZIP: (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes)),
  BROTLI: (bytes: Uint8Array) => new Uint8Array(brotliCompressSync(bytes)),
  ZSTD: zstd,
}

const optional = (own: Omit<SchemaElement, 'repetition_type'>): SchemaElement => ({
  ...own,
  repetition_type: 'OPTIONAL',
})

export type Cells =
  | { readonly kind: 'pictures'; readonly cells: readonly ({ bytes: Uint8Array | null; path: string | null } | null)[] }
  | { readonly kind: 'whole'; readonly cells: readonly (number | null)[]; readonly classes?: readonly string[] }
  | { readonly kind: 'real'; readonly cells: readonly (number | null)[] }
  | { readonly kind: 'text'; readonly cells: readonly (string | null)[] }
  | { readonly kind: 'list'; readonly cells: readonly (readonly number[])[] }

function schemaOf(name: string, { kind }: Cells): SchemaElement[] {
  const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const
  switch (kind) {
    case 'pictures':
      return [
        optional({ name, num_children: 2 }),
        optional({ name: 'bytes', type: 'BYTE_ARRAY' }),
        optional({ name: 'path', ...text }),
      ]
    case 'list':
      return [
        optional({ name, num_children: 1, converted_type: 'LIST' }),
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        optional({ name: 'element', type: 'FLOAT' }),
      ]
    case 'text':
      return [optional({ name, ...text })]
    default:
      return [optional({ name, type: kind === 'whole' ? 'INT64' : 'DOUBLE' })]
  }
}

/** A Parquet file as the library `datasets` writes it, with the names of classes in its description. */
export function parquetFile(
  columns: Readonly<Record<string, Cells>>,
  { codec = 'SNAPPY', group = 1000 }: { readonly codec?: NonNullable<Options['codec']>; readonly group?: number } = {},
): Uint8Array {
  const all = Object.entries(columns)
  const features = Object.fromEntries(
    all.map(([name, own]) => [
      name,
      'classes' in own ? { names: own.classes, _type: 'ClassLabel' } : { _type: 'Value' },
    ]),
  )
  const buffer = parquetWriteBuffer({
    columnData: all.map(([name, { kind, cells }]) => ({
      name,
      data: kind === 'whole' ? cells.map((cell) => (cell === null ? null : BigInt(cell as number))) : [...cells],
    })),
    schema: [{ name: 'root', num_children: all.length }, ...all.flatMap(([name, own]) => schemaOf(name, own))],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
    rowGroupSize: group,
    codec,
    compressors,
  })
  return new Uint8Array(buffer)
}
