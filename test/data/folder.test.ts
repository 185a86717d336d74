import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import sharp from 'sharp'
import { loadData } from '../../src/data/own/own.node.js'
import { meaningOfPictures } from '../../src/data/own/pictures.node.js'
import { readFolder } from '../../src/data/own/read/folder.node.js'
import { UsageError, UserError } from '../../src/errors.js'

const work = mkdtempSync(join(tmpdir(), 'onward-folder-'))
after(() => rmSync(work, { recursive: true }))
process.env.ONWARD_CACHE = join(work, 'cache')
let folder = ''
let tests = 0
beforeEach(() => {
  folder = join(work, `${tests++}`)
})

/** A picture of one grey, or of one colour. */
async function put(name: string, colour: number | readonly number[], [height, width] = [4, 5]): Promise<string> {
  const channels = [colour].flat()
  const data = Uint8Array.from({ length: height! * width! * channels.length }, (_, i) => channels[i % channels.length]!)
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  const raw = { width: width!, height: height!, channels: channels.length as 1 | 3 }
  const picture = sharp(data, { raw })
  await (channels.length === 1 ? picture.toColourspace('b-w') : picture).toFile(path)
  return path
}

const files = (names: Readonly<Record<string, number | readonly number[]>>) =>
  Promise.all(Object.entries(names).map(([name, colour]) => put(name, colour)))

/** The grey or the channels of every sample, with its class, in any order. */
function samplesOf({
  inputs,
  targets,
  count,
}: {
  inputs: ArrayLike<number>
  targets?: ArrayLike<number>
  count: number
}) {
  const size = inputs.length / count
  return Array.from({ length: count }, (_, i) => [inputs[i * size], targets?.[i]]).sort((a, b) => a[0]! - b[0]!)
}

test('a sub-folder is a class; numbers in names count as such; the rest is left out, and told', async () => {
  await files({
    '2/a.png': 10,
    '2/b.jpg': 20,
    '10/a.webp': 30,
    '10/deep/b.gif': 40,
    '10/.hidden.png': 50,
    'loose.png': 60,
  })
  writeFileSync(join(folder, '2', 'Thumbs.db'), '')
  writeFileSync(join(folder, '2', 'notes.txt'), 'none')
  mkdirSync(join(folder, 'empty'))
  const data = await loadData(folder, { test: 0.5 })
  assert.deepEqual(data.names, ['2', '10'])
  assert.deepEqual(data.input, { shape: [1, 4, 5], levels: 256 })
  const all = [...samplesOf(data.train), ...samplesOf(data.test)].sort((a, b) => a[0]! - b[0]!)
  assert.deepEqual(
    all.map(([grey, label]) => [Math.round(grey! / 10), label]),
    [
      [1, 0],
      [2, 0],
      [3, 1],
      [4, 1],
    ],
  )
  assert.equal(data.own?.what, 'a folder of pictures in 2 classes')
  assert.deepEqual(data.own?.notes, [
    `1 pictures beside the folders of classes in ${folder} are left out`,
    'folders without pictures are no classes: empty',
    `1 file in ${folder} that are no pictures are left out`,
  ])
})

test('train and test above the classes are kept apart; validation is left out, or is the test part', async () => {
  await files({ 'Train/a/1.png': 1, 'Train/b/1.png': 2, 'test/a/1.png': 3, 'test/b/1.png': 4, 'val/b/1.png': 5 })
  const data = await loadData(folder)
  assert.deepEqual(
    [samplesOf(data.train), samplesOf(data.test)],
    [
      [
        [1, 0],
        [2, 1],
      ],
      [
        [3, 0],
        [4, 1],
      ],
    ],
  )
  assert.match(data.own!.notes.join(), /val is left out: a validation part is held out of Train/)
  rmSync(join(folder, 'test'), { recursive: true })
  const held = await loadData(folder)
  assert.deepEqual(samplesOf(held.test), [[5, 1]])
  assert.match(held.own!.notes.join(), /val is taken for the test part/)
  await put('val/c/1.png', 6)
  await assert.rejects(loadData(folder), /val\/c\/1\.png is of the class c, which .* has no training pictures of/)
})

test('no sub-folders: no target; --task class then says what is missing', async () => {
  await files({ '1.png': 1, '2.png': 2, '3.png': 3 })
  const data = await loadData(folder)
  assert.deepEqual([data.target, data.train.count, data.test.count], [{ kind: 'none' }, 2, 1])
  await assert.rejects(loadData(folder, { task: 'class' }), /these pictures lie in no sub-folders, one for each class/)
  await assert.rejects(loadData(folder, { task: 'values' }), /--task values needs a table/)
})

test('classes are those that were named, in their order', async () => {
  await files({ 'a/1.png': 1, 'b/1.png': 2, 'c/1.png': 3, 'c/2.png': 4, 'a/2.png': 5 })
  const data = await loadData(folder, { classes: ['c', 'a'] })
  assert.deepEqual([data.names, data.train.count + data.test.count], [['c', 'a'], 4])
  const all = [...samplesOf(data.train), ...samplesOf(data.test)]
  assert.deepEqual(new Map(all as [number, number][]).get(3), 0)
  await assert.rejects(
    loadData(folder, { classes: ['c', 'd'] }),
    /no folder of pictures named d; its folders are a, b, c/,
  )
})

test('pictures of several sizes need --size, and are then given a margin', async () => {
  await put('a/1.png', 100, [4, 5])
  await put('b/1.png', 200, [8, 8])
  await assert.rejects(loadData(folder), (error) => {
    assert.ok(error instanceof UsageError)
    return /--size 32x32: .* is (4x5, .* 8x8|8x8, .* 4x5)/.test(error.message)
  })
  const data = await loadData(folder, { size: [2, 2] })
  assert.deepEqual(data.input.shape, [1, 2, 2])
  assert.match(data.own!.notes.join(), /2 pictures of other sizes are resized to 2x2, with a margin/)
})

test('colour is kept where there is some, and by option', async () => {
  await files({ 'a/1.png': [255, 0, 0], 'b/1.png': 9 })
  const data = await loadData(folder)
  assert.deepEqual(data.input.shape, [3, 4, 5])
  assert.deepEqual((await loadData(folder, { colour: 'grey' })).input.shape, [1, 4, 5])
  rmSync(join(folder, 'a'), { recursive: true })
  // Kept as RGB, but grey.
  await put('a/1.png', [7, 7, 7])
  assert.deepEqual((await loadData(folder)).input.shape, [1, 4, 5])
})

test('broken and too large pictures are named, with what to do', async () => {
  const [good] = await files({ 'a/good.png': 1, 'b/good.png': 2 })
  writeFileSync(join(folder, 'a', 'cut.png'), readFileSync(good!).subarray(0, 40))
  writeFileSync(join(folder, 'b', 'text.jpg'), 'no picture')
  await assert.rejects(loadData(folder), (error) => {
    assert.ok(error instanceof UserError)
    const lines = error.message.split('\n')
    assert.match(lines[0]!, /a\/cut\.png is a broken or cut PNG file/)
    assert.match(lines[1]!, /b\/text\.jpg is neither PNG/)
    assert.equal(lines[2], 'Mend these files, or move them out of the folder.')
    return true
  })
})

const cached = (): string[] => readdirSync(join(work, 'cache', 'pictures'))

test('pictures are decoded once: later loads read the cache, until a file or an option is another', async () => {
  const [first] = await files({ 'a/1.png': 1, 'b/1.png': 2, 'c/1.png': 3 })
  const before = cached().length
  const read: string[] = []
  const load = (options = {}) => {
    read.length = 0
    return loadData(folder, { ...options, onReading: (_done, _all, what) => read.push(what) })
  }
  const one = await load()
  assert.deepEqual([read.length, cached().length], [3, before + 1])
  const two = await load()
  assert.equal(read.length, 0)
  assert.deepEqual([two.train, two.test, two.fingerprint], [one.train, one.test, one.fingerprint])
  await load({ size: [2, 2] })
  assert.equal(read.length, 3)
  // The same bytes at another time are looked at again, and give the same.
  utimesSync(first!, 1e9, 1e9)
  assert.equal((await load()).fingerprint, one.fingerprint)
  assert.equal(read.length, 3)
  // What is kept and damaged is made anew.
  for (const name of cached()) {
    const path = join(work, 'cache', 'pictures', name)
    const bytes = readFileSync(path)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(path, bytes)
  }
  assert.equal((await load()).fingerprint, one.fingerprint)
  assert.equal(read.length, 3)
})

test('a picture of the same size whose time was set back is decoded anew', async () => {
  const [first] = await files({ 'a/1.png': 1, 'b/1.png': 2, 'c/1.png': 3 })
  const load = () => loadData(folder, { task: 'none' })
  utimesSync(first!, 1e9, 1e9)
  const one = await load()
  const { size } = statSync(first!)
  await put('a/1.png', 4)
  utimesSync(first!, 1e9, 1e9)
  assert.equal(statSync(first!).size, size)
  assert.notEqual((await load()).fingerprint, one.fingerprint)
})

test('links around in a circle, and links to nothing, are no pictures', async () => {
  await files({ 'a/1.png': 1, 'a/2.png': 1, 'b/1.png': 2, 'b/2.png': 2 })
  symlinkSync('circle', join(folder, 'circle'))
  symlinkSync('3.png', join(folder, 'a', '3.png'))
  symlinkSync('nowhere', join(folder, 'b', '3.png'))
  assert.deepEqual((await loadData(folder)).own?.perName, [2, 2])
})

test('folders that link to each other in all ways are looked into once for each class', async () => {
  const names = [...'abcdefghijklmnop']
  await files(Object.fromEntries(names.map((name) => [`${name}/1.png`, 1])))
  for (const name of names)
    for (const other of names) if (other !== name) symlinkSync(join('..', other), join(folder, name, other))
  const { train } = readFolder(folder, {})
  assert.equal(train.files.length, names.length ** 2)
  for (const name of names) {
    rmSync(join(folder, name, '1.png'))
    writeFileSync(join(folder, name, 'text.txt'), '')
  }
  assert.throws(() => readFolder(folder, {}), /holds no pictures to train on/)
})

test('of a picture that is gone, or cannot be looked at, the decoder tells', async () => {
  const [path] = await files({ 'a/1.png': 1, 'b/1.png': 2 })
  const gone = { kind: 'pictures' as const, files: [{ path: `${path}.gone.png` }, { path: path! }] }
  await assert.rejects(meaningOfPictures({ what: '', train: gone }, {}), {
    name: 'UserError',
    message: /1\.png\.gone\.png does not exist/,
  })
})

test('names of equal numbers have an order of their own, whatever the folder lists first', async () => {
  const names = Array.from({ length: 12 }, (_, zeros) => `${'0'.repeat(zeros)}1.png`)
  await files(Object.fromEntries(names.flatMap((name) => [`a/${name}`, `b/${name}`].map((path) => [path, 1]))))
  const { train } = readFolder(folder, {})
  assert.deepEqual(
    train.files.filter(({ label }) => label === 'a').map(({ path }) => basename(path)),
    names.toReversed(),
  )
})

test('a class may be called train, and a part is there once', async () => {
  await files({ 'train/1.png': 1, 'train/2.png': 1, 'bus/1.png': 2, 'bus/2.png': 2, 'test/1.png': 3, 'test/2.png': 3 })
  await assert.rejects(loadData(folder), /holds pictures without folders of classes, and so does bus.*--task class/)
  assert.deepEqual((await loadData(folder, { task: 'class' })).names, ['bus', 'test', 'train'])
  const { train, test, target } = await loadData(folder, { task: 'none' })
  assert.deepEqual([train.count, test.count, target.kind], [2, 2, 'none'])
  await files({ 'Training/1.png': 1 })
  await assert.rejects(loadData(folder, { task: 'none' }), /has the folders train and Training/)
})

test('of the classes of a folder those that are left out are told, and none is named twice', async () => {
  await files({ 'a/1.png': 1, 'a/2.png': 1, 'b/1.png': 2, 'b/2.png': 2, 'c/1.png': 3 })
  const { own, names } = await loadData(folder, { classes: ['b', 'a'] })
  assert.deepEqual([names, own?.notes], [['b', 'a'], ['--classes leaves these folders out: c']])
  await assert.rejects(loadData(folder, { classes: ['a', 'a'] }), /names a class twice/)
})

test('a load that is stopped leaves nothing half in the cache', async () => {
  await files(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i % 2}/${i}.png`, i])))
  const before = cached()
  const controller = new AbortController()
  const loading = loadData(folder, {
    signal: controller.signal,
    onReading: (done) => done === 20 && controller.abort(),
  })
  await assert.rejects(loading, { name: 'AbortError' })
  assert.deepEqual(cached(), before)
  const data = await loadData(folder)
  assert.equal(data.train.count + data.test.count, 60)
})

test('where nothing can be kept, pictures are decoded all the same', async () => {
  await files({ 'a/1.png': 1, 'b/1.png': 2 })
  writeFileSync(join(work, 'file'), '')
  process.env.ONWARD_CACHE = join(work, 'file', 'cache')
  try {
    assert.equal((await loadData(folder)).input.shape.length, 3)
  } finally {
    process.env.ONWARD_CACHE = join(work, 'cache')
  }
  // No lock can be made there: a folder has its name.
  await loadData(folder)
  const [kept] = cached()
    .map((name) => join(work, 'cache', 'pictures', name))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)
  rmSync(kept!)
  mkdirSync(`${kept}.lock`)
  assert.equal((await loadData(folder)).input.shape.length, 3)
  rmSync(`${kept}.lock`, { recursive: true })
})

test('links are followed, and a link to a folder above leads nowhere', async () => {
  const [one] = await files({ 'a/1.png': 1, 'b/1.png': 2 })
  symlinkSync(one!, join(folder, 'b', 'link.png'))
  symlinkSync(folder, join(folder, 'b', 'round'))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'b', 'gone.png'))
  const { train } = readFolder(folder, {})
  assert.deepEqual(train.files.map(({ label }) => label).sort(), ['a', 'b', 'b'])
})

test('the first samples are of all classes', async () => {
  await files(Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`${i % 4}/${i}.png`, i])))
  const { train } = await loadData(folder)
  assert.deepEqual(new Set(train.targets!.subarray(0, 20)).size, 4)
})
