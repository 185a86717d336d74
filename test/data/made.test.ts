import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadDataSet } from '../../src/data/load.node.js'
import { madeOrKept } from '../../src/data/made.node.js'
import { makeDataSet } from '../../src/data/registry.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-made-'))
const counts = { train: 3, test: 2 }
const splits = () => ({
  train: { inputs: Uint8Array.of(1, 2, 3, 4, 5, 6), targets: Uint8Array.of(0, 1, 2), count: 3 },
  test: { inputs: Uint8Array.of(7, 8, 9, 10), targets: Uint8Array.of(2, 1), count: 2 },
})
const BYTES = Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 1, 2, 7, 8, 9, 10, 2, 1)
const sha256 = createHash('sha256').update(BYTES).digest('hex')

/** Asks for the splits, and tells how often they were made. */
function ask(path: string) {
  let times = 0
  const got = madeOrKept(path, sha256, counts, () => {
    times++
    return splits()
  })
  assert.deepEqual(got, splits())
  return times
}

test('what is made once is read from the cache afterwards, and no other file is left there', () => {
  const path = join(folder, 'new', 'deep', 'made')
  assert.deepEqual([ask(path), ask(path)], [1, 0])
  assert.deepEqual(new Uint8Array(readFileSync(path)), BYTES)
  assert.deepEqual(readdirSync(join(folder, 'new', 'deep')), ['made'])
})

test('a file in the cache that is cut, or holds another number, is made anew', () => {
  const path = join(folder, 'broken')
  for (const broken of [BYTES.subarray(1), BYTES.with(4, 0), Uint8Array.of()]) {
    writeFileSync(path, broken)
    assert.deepEqual([ask(path), ask(path)], [1, 0])
  }
})

test('where nothing can be kept, the data are made every time', () => {
  writeFileSync(join(folder, 'file'), '')
  mkdirSync(join(folder, 'occupied'))
  for (const path of [join(folder, 'file', 'made'), join(folder, 'occupied'), '/proc/none/made'])
    assert.deepEqual([ask(path), ask(path)], [1, 1])
})

test('glyphs are the same drawn and from the cache', async () => {
  const cacheDir = join(folder, 'cache')
  for (const _ of ['drawn', 'kept']) assert.deepEqual(await loadDataSet('glyphs', { cacheDir }), makeDataSet('glyphs'))
  assert.deepEqual(readdirSync(join(cacheDir, 'glyphs')), ['made'])
})
