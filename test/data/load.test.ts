import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { cacheFolder } from '../../src/data/cache.node.js'
import { loadDataSet, loadSource } from '../../src/data/load.node.js'
import { dataSets, makeDataSet } from '../../src/data/registry.js'
import type { Source, SourceFile } from '../../src/data/source.js'
import { UserError } from '../../src/errors.js'
import { tarOf } from './files.js'

const root = mkdtempSync(join(tmpdir(), 'onward-load-'))
after(() => rmSync(root, { recursive: true }))
let folder = ''
beforeEach(() => {
  delete process.env.ONWARD_DATA
  folder = mkdtempSync(join(root, 'data-'))
})

const train = new Uint8Array([1, 2, 3, 4])
const test_ = new Uint8Array([5, 6])
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const file = (names: [string, ...string[]], bytes: Uint8Array): SourceFile => ({
  names,
  bytes: bytes.length,
  sha256: hash(bytes),
})

/** A data set of one-pixel images, its labels all 0, in two files. */
const tiny: Source = {
  files: [file(['train-idx', 'train.idx'], train), file(['test-idx'], test_)],
  folders: ['tiny', 'TINY/raw', '.'],
  archive: 'tiny.tar.gz',
  downloads: [{ name: 'tiny.tar.gz', bytes: 1, sha256: '', urls: ['http://127.0.0.1:9/tiny.tar.gz'] }],
  decode([a, b]) {
    const split = (images: Uint8Array) => ({
      inputs: images,
      targets: new Uint8Array(images.length),
      count: images.length,
    })
    return { train: split(a!), test: split(b!) }
  },
}

function put(name: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), bytes)
}

const load = (options: object = {}) => loadSource('tiny', tiny, { dataDir: folder, ...options })
const fails = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String(error))
    assert.match(error.message, message)
    assert.equal(error.message.split('\n').length, 1)
    return true
  })

test('the files are found in every layout: folders, other names, with and without gzip, in the archive', async () => {
  const layouts: Record<string, Uint8Array>[] = [
    { 'tiny/train-idx': train, 'tiny/test-idx': test_ },
    { 'TINY/raw/train.idx': train, 'TINY/raw/test-idx.gz': gzipSync(test_) },
    { 'train-idx.gz': gzipSync(train), 'test-idx.gz': gzipSync(test_) },
    { 'tiny/train-idx/train-idx': train, 'tiny/train.idx': train, 'tiny/test-idx/test-idx.gz': gzipSync(test_) },
    { 'train-idx/train.idx': train, 'test-idx.gz/test-idx': test_ },
    {
      'tiny/train-idx/notes': test_,
      'tiny/train.idx': train,
      'tiny/test-idx': train,
      'tiny/test-idx.gz': gzipSync(test_),
    },
    { 'tiny.tar.gz/notes': test_, 'TINY/raw/train-idx': train, 'TINY/raw/test-idx': test_ },
    { 'tiny.tar.gz': gzipSync(tarOf({ 'x/train-idx': train, 'x/test-idx': test_ })) },
  ]
  for (const layout of layouts) {
    folder = mkdtempSync(join(root, 'data-'))
    for (const [name, bytes] of Object.entries(layout)) put(name, bytes)
    const splits = await load()
    assert.deepEqual([...splits.train.inputs, ...splits.test.inputs], [1, 2, 3, 4, 5, 6], Object.keys(layout).join())
  }
})

test('a folder of the name of a file, without the file in it, is told as a file that is missing', async () => {
  put('tiny/train-idx/notes', train)
  put('tiny/test-idx', test_)
  await fails(load(), /holds 1 of the 2 files of this data set; put train-idx beside them/)
})

test('a user without a home, or with one that is no path, has a cache among temporary files', (context) => {
  const before = { ...process.env }
  context.after(() => Object.assign(process.env, before))
  for (const name of ['ONWARD_CACHE', 'XDG_CACHE_HOME', 'LOCALAPPDATA']) delete process.env[name]
  process.env.HOME = ''
  process.env.USERPROFILE = ''
  assert.ok(isAbsolute(cacheFolder()), cacheFolder())
  assert.ok(cacheFolder().startsWith(tmpdir()), cacheFolder())
  process.env.XDG_CACHE_HOME = 'relative'
  assert.ok(cacheFolder().startsWith(tmpdir()), cacheFolder())
})

test('ONWARD_DATA is read where no folder is named', async () => {
  put('tiny/train-idx', train)
  put('tiny/test-idx', test_)
  process.env.ONWARD_DATA = folder
  const splits = await loadSource('tiny', tiny, { cacheDir: join(root, 'none'), offline: true })
  assert.equal(splits.train.count, 4)
  process.env.ONWARD_DATA = join(folder, 'nowhere')
  await fails(loadSource('tiny', tiny, { cacheDir: root }), /nowhere, which ONWARD_DATA names, does not exist; make it/)
})

test('a missing folder, data set or file is named, with what to do', async () => {
  await fails(load({ dataDir: join(folder, 'nowhere') }), /nowhere does not exist; make it or name another/)
  await fails(load(), /does not hold tiny: put train-idx, test-idx .* into .*tiny, or leave the data folder out/)
  put('tiny/test-idx', test_)
  await fails(load(), /tiny holds 1 of the 2 files of this data set; put train-idx beside/)
  await fails(
    loadSource('tiny', tiny, { cacheDir: join(folder, 'cache'), offline: true }),
    /tiny is not on this machine .*cache.*, and downloads are off: name the folder that holds train-idx, test-idx/,
  )
})

test('a cut or wrong file is named, gzip-compressed or not, and is left alone', async () => {
  put('tiny/test-idx', test_)
  const packed = gzipSync(train)
  for (const [name, bytes, message] of [
    ['train-idx', train.subarray(0, 3), /tiny.train-idx is cut: it holds 3 of 4 bytes; delete it and get it again/],
    ['train-idx', new Uint8Array([1, 2, 3, 5]), /train-idx is not the published file: .* SHA-256 [0-9a-f]{12}\.\.\./],
    ['train-idx', new Uint8Array([1, 2, 3, 4, 5]), /train-idx is not the published file/],
    ['train-idx.gz', packed.subarray(0, packed.length - 9), /train-idx.gz is cut or no gzip file/],
    ['train-idx.gz', train, /train-idx.gz is cut or no gzip file/],
    ['train-idx.gz', gzipSync(new Uint8Array(1e6)), /train-idx.gz is not the published file/],
  ] as const) {
    put(`tiny/${name}`, bytes)
    await fails(load(), message)
    rmSync(join(folder, 'tiny', name))
  }
  assert.deepEqual(readdirSync(join(folder, 'tiny')), ['test-idx'])
})

test('an archive without the file, cut or wrong, is named', async () => {
  put('tiny.tar.gz', gzipSync(tarOf({ 'x/train-idx': train })))
  await fails(load(), /test-idx in .*tiny.tar.gz is missing; get the archive again/)
  put('tiny.tar.gz', gzipSync(tarOf({ 'x/train-idx': test_, 'x/test-idx': test_ })))
  await fails(load(), /train-idx in .*tiny.tar.gz is cut: it holds 2 of 4 bytes/)
  put('tiny.tar.gz', gzipSync(tarOf({ 'x/train-idx': train, 'x/test-idx': test_ })).subarray(0, 60))
  await fails(load(), /tiny.tar.gz is cut or no gzip file/)
})

test('an unknown name is answered with the nearest one', async () => {
  await fails(loadDataSet('mnits'), /no data set "mnits"\. Did you mean "mnist"\? Known: glyphs, mnist/)
  assert.throws(() => makeDataSet('mnist'), /"mnist" is read from files, which only Node can do/)
})

test('the table of data sets is whole', () => {
  for (const { name, input, target, names, from } of dataSets) {
    if (target.kind !== 'none') assert.equal(names.length, target.count, name)
    assert.ok(input.shape.every((length) => length > 0) && (input.levels ?? 2) > 1)
    if ('make' in from) continue
    for (const { sha256, bytes } of [...from.source.files, ...from.source.downloads]) {
      assert.match(sha256 ?? '0'.repeat(64), /^[0-9a-f]{64}$/)
      assert.ok(bytes === undefined || bytes > 0)
    }
    for (const { urls, name: fileName } of from.source.downloads) {
      for (const url of urls) assert.ok(url.endsWith(`/${fileName}`), url)
    }
  }
})

test('the cache is ONWARD_CACHE, or a folder of the operating system', () => {
  const before = process.env.ONWARD_CACHE
  process.env.ONWARD_CACHE = '/somewhere'
  assert.equal(cacheFolder(), '/somewhere')
  delete process.env.ONWARD_CACHE
  assert.match(cacheFolder(), /onward/)
  if (before !== undefined) process.env.ONWARD_CACHE = before
})
