// A Parquet file that makes the library that reads it write two thousand million numbers.
import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readParquet } from '../../../src/data/own/read/parquet.node.js'
import { parquetFile } from './parquet-file.js'

test('a file that promises more than its size can hold is given up, in bounded time, and others are read after it', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'onward-hostile-')), 'it.parquet')
  const whole = parquetFile(
    { a: { kind: 'real', cells: Array.from({ length: 30 }, (_, i) => i + 1 / 3) } },
    { codec: 'UNCOMPRESSED' },
  )
  // 30 times the definition level 1, then the first number.
  const run = Buffer.from(whole).indexOf(Uint8Array.of(30 << 1, 1, 0x55, 0x55, 0x55))
  assert.ok(run > 0)
  const hostile = whole.slice()
  hostile.set([0xfe, 0xff, 0xff, 0xff, 0x0f], run)
  writeFileSync(path, hostile)
  const before = process.cpuUsage()
  await assert.rejects(readParquet(path), {
    name: 'UserError',
    message: /it\.parquet: it takes more time or memory than a file of its size can need/,
  })
  const { user, system } = process.cpuUsage(before)
  assert.ok((user + system) / 1e6 < 5, `${(user + system) / 1e6} s`)
  writeFileSync(path, whole)
  assert.equal((await readParquet(path)).rows, 30)
})
