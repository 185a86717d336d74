// One's own data by their path: formats, files that belong together, the split, the fingerprint, refusals.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readImage } from '../../../src/data/images.node.js'
import { readBytes } from '../../../src/data/own/file.node.js'
import { checkSameData, loadKept } from '../../../src/data/own/kept.node.js'
import { loadData } from '../../../src/data/own/own.node.js'
import { UserError } from '../../../src/errors.js'
import { cifarOf, idxImages, idxLabels, idxOf, tarOf } from '../files.js'

const root = mkdtempSync(join(tmpdir(), 'onward-own-'))
after(() => rmSync(root, { recursive: true }))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(root, 'data-'))
})

function put(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

const fails = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String((error as Error).stack))
    assert.match(error.message, message)
    return true
  })

/** Images of two by two pixels, image i all of level 10 i. */
const images = (count: number): Uint8Array =>
  idxImages(
    Array.from({ length: 4 * count }, (_, i) => 10 * Math.floor(i / 4) + (i === 0 ? 200 : 0)),
    2,
    2,
  )
const cycle = (count: number, classes: number, from = 0): number[] =>
  Array.from({ length: count }, (_, i) => (i % classes) + from)

test('IDX: labels beside the images, packed or not, and a part for testing beside that for training', async () => {
  for (const [name, labels, pack] of [
    ['a-images-idx3-ubyte', 'a-labels-idx1-ubyte', (bytes: Uint8Array) => bytes],
    ['images.gz', 'labels.gz', gzipSync],
    ['x', 'y', (bytes: Uint8Array) => bytes],
  ] as const) {
    const path = put(name, pack(images(10)))
    put(labels, pack(idxLabels(cycle(10, 2))))
    const data = await loadData(path)
    assert.deepEqual([data.train.count, data.test.count, data.target], [8, 2, { kind: 'class', count: 2 }], name)
    assert.deepEqual(data.input, { shape: [1, 2, 2], levels: 256 })
    folder = mkdtempSync(join(root, 'data-'))
  }
  const path = put('mnist/train-images-idx3-ubyte', images(6))
  put('mnist/train-labels-idx1-ubyte', idxLabels(cycle(6, 3)))
  put('mnist/t10k-images.idx3-ubyte', images(2))
  put('mnist/t10k-labels.idx1-ubyte', idxLabels([2, 1]))
  for (const named of [path, dirname(path)]) {
    const data = await loadData(named)
    assert.deepEqual([data.name, data.train.count, [...data.test.targets!]], ['mnist', 6, [2, 1]])
    assert.equal(data.own!.split, 'the files keep the test part apart')
    await fails(loadData(named, { test: 0.5 }), /keeps a test part apart: leave --test out/)
  }
})

test('of a folder with a part for testing alone, that is split', async () => {
  put('t10k-images-idx3-ubyte', images(10))
  put('t10k-labels-idx1-ubyte', idxLabels(cycle(10, 2)))
  put('README.md', new TextEncoder().encode('digits'))
  assert.equal((await loadData(folder)).train.count, 8)
})

test('IDX of every type and rank', async () => {
  for (const kind of [Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array]) {
    const numbers = kind.from([1, 2, 3, 4, 5, 6, 7, 100])
    const { train, test, input } = await loadData(put(`${kind.name}-idx`, idxOf(numbers, [4, 2])), { test: 0.25 })
    const all = new Set([...train.inputs, ...test.inputs])
    assert.deepEqual(
      [...all].sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 100],
      kind.name,
    )
    assert.deepEqual(input.shape, [2])
  }
  const { input, train } = await loadData(
    put(
      'five',
      idxOf(
        Float32Array.from({ length: 48 }, (_, i) => i - 1.5),
        [2, 2, 3, 2, 2],
      ),
    ),
  )
  assert.deepEqual([input, train.inputs.length], [{ shape: [2, 3, 2, 2] }, 24])
})

test('a file of EMNIST is turned upright, and its labels from 1 are its letters', async () => {
  const path = put(
    'emnist-letters-train-images-idx3-ubyte',
    idxImages(
      [...Array(12).keys(), ...Array(12).keys()].map((i) => 20 * i),
      2,
      6,
    ),
  )
  put('emnist-letters-train-labels-idx1-ubyte', idxLabels([1, 26, 26, 3].slice(0, 2)))
  put(
    'emnist-letters-test-images-idx3-ubyte',
    idxImages(
      [...Array(12).keys()].map((i) => 20 * i),
      2,
      6,
    ),
  )
  put('emnist-letters-test-labels-idx1-ubyte', idxLabels([2]))
  const data = await loadData(path)
  assert.deepEqual(data.input.shape, [1, 6, 2])
  assert.deepEqual([...data.train.inputs.subarray(0, 4)], [0, 120, 20, 140])
  assert.deepEqual([data.names.length, data.names[25], [...data.train.targets!]], [26, 'Z', [0, 25]])
  assert.deepEqual(data.own!.notes[0], 'the labels go from 1 to 26: 1 is A')
  assert.match(data.own!.what, /EMNIST.*turned upright/)
  assert.equal(data.name, 'emnist-letters')
})

test('of the labels of QMNIST, eight numbers a digit, the first is the class', async () => {
  const path = put('qmnist-train-images-idx3-ubyte', images(4))
  const labels = Int32Array.from({ length: 32 }, (_, i) => (i % 8 === 0 ? (i / 8) % 2 : 1000 + i))
  put('qmnist-train-labels-idx2-int', idxOf(labels, [4, 8]))
  put('qmnist-test-images-idx3-ubyte', images(2))
  put('qmnist-test-labels-idx2-int', idxOf(labels.subarray(0, 16), [2, 8]))
  const data = await loadData(path)
  assert.deepEqual(
    [[...data.train.targets!], [...data.test.targets!]],
    [
      [0, 1, 0, 1],
      [0, 1],
    ],
  )
})

test('CIFAR in binary: a file, a folder of its batches, an archive; coarse classes by --target', async () => {
  const rows = [
    [0, 3],
    [1, 99],
    [19, 0],
    [0, 3],
  ]
  const path = put('cifar-100-binary/train.bin', cifarOf(rows))
  put('cifar-100-binary/test.bin', cifarOf([[7, 50]]))
  const archive = put(
    'c.tar.gz',
    gzipSync(tarNamed('cifar-100-binary/', { 'train.bin': cifarOf(rows), 'test.bin': cifarOf([[7, 50]]) })),
  )
  for (const named of [path, dirname(path), archive]) {
    const fine = await loadData(named)
    assert.deepEqual([[...fine.train.targets!], [...fine.test.targets!], fine.names.length], [[3, 99, 0, 3], [50], 100])
    assert.deepEqual(
      [0, 1024, 2048, 3072].map((i) => fine.train.inputs[i]),
      [0, 1, 2, 1],
    )
    const coarse = await loadData(named, { target: ['coarse'] })
    assert.deepEqual([[...coarse.train.targets!], coarse.names.length], [[0, 1, 19, 0], 20])
    assert.equal(coarse.names[0], 'aquatic mammals')
  }
  const batch = put('ten/data_batch_1.bin', cifarOf([[9], [0]]))
  put('ten/data_batch_2.bin', cifarOf([[3]]))
  put('ten/test_batch.bin', cifarOf([[1]]))
  const ten = await loadData(dirname(batch))
  assert.deepEqual([[...ten.train.targets!], [...ten.test.targets!], ten.names[9]], [[9, 0, 3], [1], 'truck'])
  await fails(loadData(put('a.bin', cifarOf([[20, 0]]))), /record 0 has the label 20, and labels go from 0 to 19/)
})

/** A tar archive whose first entry is the folder that the published one begins with. */
function tarNamed(first: string, files: Record<string, Uint8Array>): Uint8Array {
  const bytes = tarOf(files)
  bytes.fill(0, 0, 100)
  bytes.set(new TextEncoder().encode(first))
  return bytes
}

test('a test part takes its share of each class, the same for everyone', async () => {
  const path = put('images', images(25))
  put('labels', idxLabels([...cycle(20, 2), 2, 2, 2, 2, 2]))
  const [first, second] = [await loadData(path), await loadData(path)]
  const counts = (numbers: ArrayLike<number>) => [0, 1, 2].map((k) => Array.from(numbers).filter((n) => n === k).length)
  assert.deepEqual(
    [counts(first.train.targets!), counts(first.test.targets!)],
    [
      [8, 8, 4],
      [2, 2, 1],
    ],
  )
  assert.deepEqual(first.test, second.test)
  assert.equal(first.fingerprint, second.fingerprint)
  assert.deepEqual(first.own!.perName, [10, 10, 5])
  assert.equal(first.own!.split, '20 % of the samples are for the test, at random, of each class its share')
  assert.equal((await loadData(path, { test: 0.4 })).test.count, 10)
  await fails(loadData(path, { test: 1 }), /share of the samples for the test is 1: a number above 0 and below 1/)
  await fails(loadData(put('one', idxOf(Uint8Array.of(1, 2), [1, 2]))), /holds 1 samples: at least 2 are needed/)
})

test('inputs for testing without targets are not used, and that is told', async () => {
  const path = put('train-images', images(6))
  put('train-labels', idxLabels(cycle(6, 2)))
  const test = put('test-images', images(3))
  const { own, train } = await loadData(path)
  assert.deepEqual([train.count, own!.notes], [5, [`${test} has no targets beside it: not used`]])
})

test('a class of which there is no sample to train is told', async () => {
  const path = put('images', images(6))
  put('labels', idxLabels([1, 2, 3, 1, 2, 3]))
  assert.deepEqual(
    (await loadData(path, { classes: ['a', 'b', 'c', 'd'] })).own!.notes.at(-1),
    'no sample to train is of a',
  )
  put('labels', idxLabels([0, 1, 2, 3, 4, 5]))
  const { own, train } = await loadData(path)
  const left = [0, 1, 2, 3, 4, 5].find((label) => !train.targets!.includes(label))
  assert.deepEqual(own!.notes.slice(-1), [`no sample to train is of ${left}`])
})

test('the fingerprint tells inputs, targets, names and the split', async () => {
  const path = put('images', images(10))
  put('labels', idxLabels(cycle(10, 2)))
  const whole = (await loadData(path)).fingerprint!
  assert.match(whole, /^[0-9a-f]{64}$/)
  const others = [
    (await loadData(path, { classes: ['a', 'b'] })).fingerprint,
    (await loadData(path, { test: 0.3 })).fingerprint,
    (await loadData(path, { task: 'none' })).fingerprint,
  ]
  put('labels', idxLabels([...cycle(8, 2), 1, 0]))
  others.push((await loadData(path)).fingerprint)
  put('labels', idxLabels(cycle(10, 2)))
  const changed = images(10)
  changed[changed.length - 1]!++
  put('images', changed)
  others.push((await loadData(path)).fingerprint)
  assert.equal(new Set([whole, ...others]).size, 6)
  put('images', images(10))
  assert.equal((await loadData(path)).fingerprint, whole)
})

test('the data of a run are read again by its settings, and others are refused in plain words', async () => {
  const path = put('images', images(10))
  put('labels', idxLabels(cycle(10, 2)))
  const { name, own, fingerprint } = await loadData(path, { classes: ['cat', 'dog'], test: 0.4 })
  const kept = { data: name, own: JSON.parse(JSON.stringify(own)), fingerprint }
  const again = await loadKept('RUN', kept, undefined)
  assert.deepEqual([again.name, again.names, again.fingerprint], [name, ['cat', 'dog'], fingerprint])
  put('labels', idxLabels([...cycle(9, 2), 0]))
  await fails(
    loadKept('RUN', kept, undefined),
    /images is not what the run in RUN was trained on: its samples of cat are 6 now, 5 then\.$/,
  )
  put('labels', idxLabels([1, 0, ...cycle(10, 2).slice(2)]))
  await fails(loadKept('RUN', kept, undefined), /as many samples, but other content \(SHA-256 .* now, .* then\)/)
  put('images', images(12))
  put('labels', idxLabels(cycle(12, 2)))
  await fails(loadKept('RUN', kept, undefined), /has 7 samples to train and 5 to test now, 6 and 4 then/)
  rmSync(path)
  await fails(
    loadKept('RUN', kept, undefined),
    /the data of the run in RUN were at .*images, and nothing is there now: name where they are \(--data PATH\)/,
  )
  const moved = put('moved/images', images(10))
  put('moved/labels', idxLabels(cycle(10, 2)))
  assert.equal((await loadKept('RUN', kept, moved)).name, name)
  await fails(
    loadKept('RUN', kept, join(folder, 'nowhere')),
    /There is no file or folder .*nowhere, which is to hold the data of/,
  )
})

test('of a named set that no published hash tells, the fingerprint is compared, too', async () => {
  const { fingerprint, ...data } = await loadData(put('images', images(10)))
  const named = { ...data, name: 'kmnist', fingerprint: fingerprint! }
  checkSameData('RUN', { data: 'kmnist', fingerprint: fingerprint! }, named)
  checkSameData('RUN', { data: 'mnist' }, named)
  assert.throws(
    () => checkSameData('RUN', { data: 'kmnist', fingerprint: '0'.repeat(64) }, named),
    /is not what the run in RUN was trained on: as many samples, but other content/,
  )
})

test('what cannot be understood is said with what to do', async () => {
  await fails(
    loadData('/nowhere/mnist'),
    /^There is no file or folder \/nowhere\/mnist; one's own data are named by their path/,
  )
  await fails(loadData('mnits'), /Did you mean "mnist"\?.* Or one's own data are named by their path/)
  await fails(
    loadData('glyphs', { test: 0.5 }),
    /^"test" tells how to read one's own data, and glyphs is known by name/,
  )
  await fails(
    loadData(put('notes.txt', new TextEncoder().encode('hello')), { dataDir: folder }),
    /^The data folder .* is for data sets known by name, and .*notes.txt is a path: leave it out/,
  )
  await fails(
    loadData(put('notes.txt', new TextEncoder().encode('hello'))),
    /notes.txt is of no format that can be read: these are/,
  )
  await fails(
    loadData(put('empty/readme.txt', new Uint8Array())).then(() => loadData(join(folder, 'empty'))),
    /is of no format/,
  )
  await fails(loadData(join(folder, 'empty')), /holds nothing that can be read as data/)
  const labels = put('labels-idx1-ubyte', idxLabels([1, 2]))
  await fails(loadData(labels), /holds targets by its name: name the file of the inputs/)
  put('two/a-images', images(2))
  put('two/b-images', images(2))
  await fails(
    loadData(join(folder, 'two')),
    /holds more than one file that may be meant: name one of a-images, b-images/,
  )
  await fails(loadData(put('cut', images(2).subarray(0, 20))), /cut is cut: its header promises 24 bytes/)
  const packed = gzipSync(images(2))
  await fails(loadData(put('cut.gz', packed.subarray(0, packed.length - 9))), /cut\.gz is cut or damaged/)
})

test('a pipe is refused, and not waited for', { skip: process.platform === 'win32' }, async () => {
  for (const name of ['pipe', 'pipe.npy', 'pipe.png']) execFileSync('mkfifo', [join(root, name)])
  for (const name of ['pipe', 'pipe.npy'])
    await fails(loadData(join(root, name)), /is a pipe or a device: write the data into a file/)
  await assert.rejects(readBytes(join(root, 'pipe')), /pipe is no file/)
  await assert.rejects(readImage(join(root, 'pipe.png')), /pipe\.png.* name a PNG/)
})

test('what is longer than its kind may be is refused, packed or not', async () => {
  const most = 100
  const long = new Uint8Array(1000)
  const packed = gzipSync(long)
  // The end of a packed file tells the length of its last part alone.
  const parts = Buffer.concat([packed, gzipSync(new Uint8Array(3))])
  for (const [bytes, said] of [
    [long, '1000'],
    [packed, 'more than 100'],
    [parts, 'more than 100'],
  ] as const)
    await assert.rejects(readBytes(put('long', bytes), {}, { most }), {
      name: 'UserError',
      message: new RegExp(`long has ${said} bytes; at most 100 can be read`),
    })
  assert.equal((await readBytes(put('short.gz', gzipSync(long.subarray(0, most))), {}, { most })).length, most)
  await fails(
    loadData(put('images.gz', gzipSync(Buffer.concat([images(2), long])))),
    /promises 24 bytes, and it unpacks to more/,
  )
})

test('what does not fit into memory is refused with the number, before it is read', async () => {
  const path = put('images', idxOf(new Uint8Array(3 * 2 ** 20), [3, 1024, 1024]))
  process.env.ONWARD_MEMORY = '4'
  try {
    await fails(loadData(path), /images needs 7 MB of memory, and 4 MB may be used/)
    await fails(
      loadData(put('images.gz', gzipSync(new Uint8Array(await fileOf(path))))),
      /images\.gz needs 7 MB of memory/,
    )
  } finally {
    delete process.env.ONWARD_MEMORY
  }
  assert.equal((await loadData(path)).train.count, 2)
})

const fileOf = async (path: string) => (await import('node:fs/promises')).readFile(path)
