// At most 30 s: 300 changed files for each reader. ONWARD_FUZZ is another number of files.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Table } from '../../src/data/own/content.js'
import { csv } from '../../src/data/own/read/csv.node.js'
import { readParquet } from '../../src/data/own/read/parquet.node.js'
import { tableMeaning } from '../../src/data/own/table.js'
import { UserError } from '../../src/errors.js'
import { type Stream, stream } from '../../src/random/stream.js'
import { parquetFile } from '../data/own/parquet-file.js'

const FILES = Number(process.env.ONWARD_FUZZ ?? 300)
/** Other files each day; a failure tells them. */
const DAY = Number(process.env.ONWARD_ROTATION ?? Math.floor(Date.now() / 86_400_000))
const folder = mkdtempSync(join(tmpdir(), 'onward-fuzz-'))

const below = (random: Stream, count: number): number => {
  const word = new Uint32Array(1)
  random.words(word)
  return word[0]! % count
}

/** Bytes that mean something in one of the formats, or in all of them. */
const TOKENS = ['"', '""', ',', ';', '\n', '\r', '\t', '\0', '1e999', '-', 'NaN', ',,,,', '\ufeff', 'PAR1'].map(
  (text) => new TextEncoder().encode(text),
)
const EXTREMES = [
  [0],
  [0xff],
  [0x7f],
  [0x80],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x04],
]

/** A few bytes changed, put in, taken out, doubled, or the end cut off. */
function mutated(bytes: Uint8Array, random: Stream): Uint8Array {
  let own = [...bytes]
  const turns = 1 + below(random, 4)
  for (let turn = 0; turn < turns; turn++) {
    // Half of the changes are in the description at the end of a file, which decides most.
    const place =
      below(random, 2) === 0 ? below(random, own.length + 1) : Math.max(0, own.length - 1 - below(random, 400))
    const how = below(random, 7)
    if (how === 0) own[place] = below(random, 256)
    else if (how === 1) own.splice(place, 0, ...TOKENS[below(random, TOKENS.length)]!)
    else if (how === 2) own.splice(place, 1 + below(random, 8))
    else if (how === 3) own.splice(place, 0, ...own.slice(place, place + below(random, 64)))
    else if (how === 4) own = own.slice(0, place)
    else if (how === 5) own.splice(place, 4, ...EXTREMES[below(random, EXTREMES.length)]!)
    else own[place] = (own[place] ?? 0) ^ (1 << below(random, 8))
  }
  return Uint8Array.from(own, (byte) => byte ?? 0)
}

const MOST_SECONDS = 2
const MOST_BYTES = 2 ** 30

/** Reads mutants of a seed file and decides what they mean: an answer or a UserError, in bounded time and memory. */
async function fuzz(name: string, seeds: readonly Uint8Array[], read: (path: string) => Promise<Table>): Promise<void> {
  const meaning = tableMeaning(async (pictures) => ({ shape: [1, 1, 1], inputs: new Uint8Array(pictures.length) }))
  const said = { read: 0, refused: 0 }
  const before = process.memoryUsage.rss()
  for (let i = 0; i < FILES; i++) {
    const random = stream(DAY, i, `fuzz ${name}`)
    const path = join(folder, name)
    writeFileSync(path, mutated(seeds[i % seeds.length]!, random))
    const processor = process.cpuUsage()
    try {
      const train = await read(path)
      await meaning({ what: '', train }, {})
      said.read++
    } catch (error) {
      assert.ok(error instanceof UserError, `day ${DAY}, file ${i} of ${name}: ${(error as Error).stack}`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
      const isSentence = error.message.length <= 600 && !/[\x00-\x1f]/.test(error.message)
      assert.ok(isSentence, `day ${DAY}, file ${i} of ${name}: ${JSON.stringify(error.message)}`)
      said.refused++
    }
    const { user, system } = process.cpuUsage(processor)
    assert.ok((user + system) / 1e6 < MOST_SECONDS, `day ${DAY}, file ${i} of ${name} took ${(user + system) / 1e6} s`)
    const grown = process.memoryUsage.rss() - before
    assert.ok(grown < MOST_BYTES, `day ${DAY}, file ${i} of ${name}: ${grown} bytes more`)
  }
  // Mutants that are all refused, or all read, show nothing.
  assert.ok(said.read > 0 && said.refused > 0, JSON.stringify(said))
}

const text = (lines: string[]): Uint8Array => new TextEncoder().encode(lines.join('\n'))
const numbers = Array.from({ length: 30 }, (_, i) => i)

test('mutated CSV files', async () => {
  const seeds = [
    text([
      'size,"the, colour",label',
      ...numbers.map((i) => `${i / 4},${['red', '"b"', '"gr\n""e"'][i % 3]},${i % 2}`),
    ]),
    text(['a;b;price', ...numbers.map((i) => `${i},5;${-i};${i * i},25`)]),
    text([
      ['label', ...Array.from({ length: 64 }, (_, i) => `pixel${i}`)].join(),
      ...numbers.map((i) => `${i % 3},${Array.from({ length: 64 }, (_, p) => (p * i) % 256)}`),
    ]),
  ]
  await fuzz('mutant.csv', seeds, async (path) => (await csv.read(path, {})).train as Table)
})

test('mutated Parquet files', async () => {
  const cells = {
    image: { kind: 'pictures', cells: numbers.map((i) => ({ bytes: new Uint8Array([0x89, 0x50, i, 4]), path: null })) },
    label: { kind: 'whole', cells: numbers.map((i) => i % 2), classes: ['no', 'yes'] },
  } as const
  const table = {
    a: { kind: 'real', cells: numbers.map((i) => (i % 7 === 0 ? null : i / 3)) },
    colour: { kind: 'text', cells: numbers.map((i) => ['red', 'blue'][i % 2]!) },
    code: { kind: 'list', cells: numbers.map((i) => [i, i + 1]) },
    y: { kind: 'real', cells: numbers.map((i) => i / 7) },
  } as const
  const codecs = ['SNAPPY', 'GZIP', 'ZSTD', 'BROTLI', 'UNCOMPRESSED'] as const
  const seeds = codecs.flatMap((codec) => [parquetFile(cells, { codec }), parquetFile(table, { codec, group: 20 })])
  await fuzz('mutant.parquet', seeds, (path) => readParquet(path))
})
