import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Table } from '../../../src/data/own/content.js'
import { parquet, readParquet } from '../../../src/data/own/read/parquet.node.js'
import { columnFrom } from '../../../src/data/own/read/parquet-column.js'
import { type Cells, parquetFile } from './parquet-file.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-parquet-'))
function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

const png = (last: number): Uint8Array => new Uint8Array([0x89, 0x50, 0x4e, 0x47, last])
const columns: Readonly<Record<string, Cells>> = {
  image: { kind: 'pictures', cells: [1, 2, 3].map((i) => ({ bytes: png(i), path: i === 2 ? null : `${i}.png` })) },
  label: { kind: 'whole', cells: [1, 0, 1], classes: ['no', 'yes'] },
  size: { kind: 'real', cells: [1.5, null, -2] },
  word: { kind: 'text', cells: ['a', null, 'c'] },
  code: {
    kind: 'list',
    cells: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  },
}
const wanted = [
  { name: 'image', cells: [1, 2, 3].map(png) },
  { name: 'label', cells: Float64Array.of(1, 0, 1), classes: ['no', 'yes'] },
  { name: 'size', cells: Float64Array.of(1.5, Number.NaN, -2) },
  { name: 'word', cells: ['a', '', 'c'] },
  { name: 'code 0', cells: Float64Array.of(1, 3, 5) },
  { name: 'code 1', cells: Float64Array.of(2, 4, 6) },
]

for (const codec of ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'ZSTD'] as const)
  test(`Parquet, ${codec}: pictures, classes with their names, numbers, texts, lists`, async () => {
    const { rows, columns: read } = await readParquet(
      file(`${codec}.parquet`, parquetFile(columns, { codec, group: 2 })),
    )
    assert.equal(rows, 3)
    const plain = read.map(({ cells, ...own }) => ({
      ...own,
      cells:
        cells instanceof Float64Array
          ? cells
          : [...cells].map((cell) => (typeof cell === 'string' ? cell : Uint8Array.from(cell as Uint8Array))),
    }))
    assert.deepEqual(plain, wanted)
  })

test('a folder of shards: those named test are the test part, those named validation are said to be left out', async () => {
  const data = join(folder, 'set', 'data')
  mkdirSync(data, { recursive: true })
  const shard = (name: string, ...cells: number[]): void =>
    writeFileSync(join(data, name), parquetFile({ a: { kind: 'real', cells } }))
  shard('train-00000-of-00002.parquet', 1, 2)
  shard('train-00001-of-00002.parquet', 3)
  shard('test-00000-of-00001.parquet', 4)
  shard('validation-00000-of-00001.parquet', 5)
  assert.ok(parquet.recognises(join(folder, 'set'), new Uint8Array()))
  assert.ok(!parquet.recognises(folder.replace(/[^/]*$/, ''), new Uint8Array()))
  const { train, test: other, what } = await parquet.read(join(folder, 'set'), {})
  assert.deepEqual((train as Table).columns[0]!.cells, Float64Array.of(1, 2, 3))
  assert.deepEqual((other as Table).columns[0]!.cells, Float64Array.of(4))
  assert.match(what, /^a table in 2 Parquet files, 3 rows of 1 columns; 1 rows to test in .*; not used: .*validation/)
})

test('what no table holds, and files that are cut or none, in words', async () => {
  const whole = parquetFile(columns)
  const cut = file('cut.parquet', whole.subarray(0, whole.length - 30))
  await assert.rejects(readParquet(cut), {
    name: 'UserError',
    message: /cut\.parquet is cut, damaged or no Parquet file/,
  })
  const uneven = file('uneven.parquet', parquetFile({ a: { kind: 'list', cells: [[1, 2], [3]] } }))
  await assert.rejects(readParquet(uneven), {
    name: 'UserError',
    message: /column "a", row 2, holds a list of 1, and the rows above it of 2/,
  })
  const paths = file('paths.parquet', parquetFile({ a: { kind: 'pictures', cells: [{ bytes: null, path: 'a.png' }] } }))
  await assert.rejects(readParquet(paths), {
    name: 'UserError',
    message: /column "a", row 1, holds no bytes of a picture/,
  })
})

test('bytes that begin as a picture does are a picture, and a text that begins so is a text', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const column = (...cells: Uint8Array[]): unknown => columnFrom('a', [cells], cells.length)[0]!.cells
  for (const make of ['BMW', 'BMW 318i, four doors, 1998, blue', 'MM*', 'II.', 'GIF89a'])
    assert.deepEqual(column(bytes(make), bytes('Fiat')), [make, 'Fiat'])
  const whole = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13)
  assert.deepEqual(column(whole), [whole])
})

test('an interruption ends the reading with its reason', async () => {
  const path = file('stopped.parquet', parquetFile(columns))
  const stopped = new Error('stopped')
  await assert.rejects(readParquet(path, AbortSignal.abort(stopped)), stopped)
})
