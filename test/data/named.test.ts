// Named sets whose files were not at hand where this was written: archives of their exact layout, with few images.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import { findDataSet } from '../../src/data/index.js'
import { loadSource } from '../../src/data/load.node.js'
import type { Source } from '../../src/data/source.js'
import { cifar100Source } from '../../src/data/sources/cifar-100.js'
import { COARSE, FINE } from '../../src/data/sources/cifar-100-classes.js'
import { emnistSource } from '../../src/data/sources/emnist.js'
import { EMNIST_CLASSES } from '../../src/data/sources/emnist-classes.js'
import { kmnistSource } from '../../src/data/sources/kuzushiji.js'
import { qmnistSource } from '../../src/data/sources/qmnist.js'
import { readSvhn, svhnSource } from '../../src/data/sources/svhn.js'
import { UserError } from '../../src/errors.js'
import { cifarOf, idxImages, idxLabels, idxOf, matOf, tarOf, zipOf } from './files.js'

const root = mkdtempSync(join(tmpdir(), 'onward-named-'))
after(() => rmSync(root, { recursive: true }))
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(root, 'data-'))
})

function put(name: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), bytes)
}

const load = (source: Source) => loadSource('set', source, { dataDir: folder })
const fails = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error) => error instanceof UserError && message.test(error.message), `${message}`)

/** Images of 28 x 28, image i of level i but for one bright pixel in row 0, column 1. */
const digits = (count: number): Uint8Array =>
  idxImages(
    Array.from({ length: 784 * count }, (_, i) => (i % 784 === 1 ? 255 : Math.floor(i / 784))),
    28,
    28,
  )
const COUNTS = [{ train: 3, test: 2 }]

test('EMNIST from its ZIP archive of gzip files, or from its files: upright, letters from 1', async () => {
  const files = {
    'emnist-letters-train-images-idx3-ubyte': digits(3),
    'emnist-letters-train-labels-idx1-ubyte': idxLabels([1, 26, 2]),
    'emnist-letters-test-images-idx3-ubyte': digits(2),
    'emnist-letters-test-labels-idx1-ubyte': idxLabels([3, 1]),
  }
  const packed = Object.entries(files).map(([name, bytes]) => [`gzip/${name}.gz`, gzipSync(bytes)] as const)
  const source = emnistSource('letters', COUNTS, 1)
  put('emnist/gzip.zip', zipOf(Object.fromEntries([...packed, ['gzip/emnist-letters-mapping.txt', new Uint8Array(9)]])))
  const fromZip = await load(source)
  assert.deepEqual(
    [[...fromZip.train.targets!], [...fromZip.test.targets!]],
    [
      [0, 25, 1],
      [2, 0],
    ],
  )
  // Column 1 of row 0 in the file is row 1 of column 0 upright.
  assert.deepEqual(
    [1, 28, 784, 784 + 28].map((i) => fromZip.train.inputs[i]),
    [0, 255, 1, 255],
  )
  assert.equal(fromZip.isPublished, false)
  for (const [name, bytes] of packed) put(`EMNIST/raw/${name}`, bytes)
  assert.deepEqual(await load({ ...source, folders: source.folders.slice(1) }), fromZip)
  await fails(
    load(emnistSource('letters', [{ train: 4, test: 2 }], 1)),
    /hold 3 and 2 images, and 4 and 2 were expected/,
  )
  await fails(load(emnistSource('letters', COUNTS, 0)), /holds the label 26, and labels go from 0 to 25/)
  put('emnist/gzip.zip', zipOf(Object.fromEntries(packed)).subarray(0, 400))
  await fails(load(source), /gzip\.zip is cut, damaged or no ZIP archive/)
})

test('KMNIST and QMNIST from their four files', async () => {
  const names = [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ]
  const files = [digits(3), idxLabels([0, 9, 4]), digits(2), idxLabels([1, 2])]
  for (const [i, name] of names.entries()) put(`KMNIST/raw/${name}.gz`, gzipSync(files[i]!))
  const kmnist = await load(kmnistSource(COUNTS))
  assert.deepEqual([[...kmnist.train.targets!], kmnist.train.inputs[1]], [[0, 9, 4], 255])
  const labels = (own: readonly number[]) =>
    idxOf(Int32Array.from(own.flatMap((label) => [label, 4, 2000, 1, 2, 3, 0, 0])), [own.length, 8])
  put('QMNIST/raw/qmnist-train-images-idx3-ubyte', digits(3))
  put('QMNIST/raw/qmnist-train-labels-idx2-int', labels([5, 0, 9]))
  put('QMNIST/raw/qmnist-test-images-idx3-ubyte', digits(2))
  put('QMNIST/raw/qmnist-test-labels-idx2-int', labels([7, 7]))
  const qmnist = await load(qmnistSource(COUNTS))
  assert.deepEqual(
    [[...qmnist.train.targets!], [...qmnist.test.targets!]],
    [
      [5, 0, 9],
      [7, 7],
    ],
  )
  // KMNIST's files have the names of MNIST's: they are not taken from anywhere.
  rmSync(join(folder, 'KMNIST'), { recursive: true })
  for (const [i, name] of names.entries()) put(name, files[i]!)
  await fails(load(kmnistSource(COUNTS)), /does not hold set/)
})

test('CIFAR-100 from its archive or its files, with the fine labels', async () => {
  const [train, test] = [
    cifarOf([
      [4, 0],
      [1, 1],
      [14, 99],
    ]),
    cifarOf([
      [0, 4],
      [8, 3],
    ]),
  ]
  put(
    'cifar-100-binary.tar.gz',
    gzipSync(tarOf({ 'cifar-100-binary/train.bin': train, 'cifar-100-binary/test.bin': test })),
  )
  const [counts] = COUNTS as [(typeof COUNTS)[0]]
  const fromArchive = await load(cifar100Source(counts))
  assert.deepEqual(
    [[...fromArchive.train.targets!], [...fromArchive.test.targets!]],
    [
      [0, 1, 99],
      [4, 3],
    ],
  )
  put('cifar-100/train.bin', train)
  put('cifar-100/test.bin', test)
  assert.deepEqual(await load(cifar100Source(counts)), fromArchive)
  await fails(
    load(cifar100Source({ train: 3, test: 3 })),
    /test\.bin is not the published file: it holds 2 images, and 3/,
  )
  assert.deepEqual([FINE.length, COARSE.length], [100, 20])
  assert.deepEqual([...FINE].sort(), FINE)
  assert.deepEqual([...COARSE].sort(), COARSE)
})

/** X [32, 32, 3, N] column-major: every number tells its row, but for the last image, whose numbers tell the plane. */
const svhnFile = (labels: readonly number[]) =>
  matOf(
    {
      X: {
        shape: [32, 32, 3, labels.length],
        bytes: Uint8Array.from({ length: 3072 * labels.length }, (_, i) =>
          i < 3072 * (labels.length - 1) ? i % 32 : 100 + (Math.floor(i / 1024) % 3),
        ),
      },
      y: { shape: [labels.length, 1], bytes: Uint8Array.from(labels) },
    },
    deflateSync,
  )

test('SVHN from its MAT files: rows first, and label 10 is the digit 0', async () => {
  const files = [svhnFile([1, 10, 9]), svhnFile([10, 2])]
  const hashes = files.map((bytes, i) => ({
    name: ['train_32x32.mat', 'test_32x32.mat'][i]!,
    bytes: bytes.length,
    sha256: hash(bytes),
  }))
  put('SVHN/train_32x32.mat', files[0]!)
  put('SVHN/test_32x32.mat', files[1]!)
  const svhn = await load(svhnSource(hashes))
  assert.deepEqual(
    [[...svhn.train.targets!], [...svhn.test.targets!]],
    [
      [1, 0, 9],
      [0, 2],
    ],
  )
  assert.deepEqual(
    [0, 1, 32, 33, 1024 + 64].map((i) => svhn.train.inputs[i]),
    [0, 0, 1, 1, 2],
  )
  assert.deepEqual(
    [6144, 6144 + 1024, 6144 + 2048].map((i) => svhn.train.inputs[i]),
    [100, 101, 102],
  )
  assert.equal(svhn.isPublished, true)
  const damaged = Uint8Array.from(files[0]!)
  damaged.fill(7, 200, 300)
  put('SVHN/train_32x32.mat', damaged)
  await fails(
    load(svhnSource([{ ...hashes[0]!, sha256: hash(damaged) }, hashes[1]!])),
    /an array in it does not unpack/,
  )
  assert.throws(() => readSvhn(new Uint8Array(200), 'f.mat'), /f\.mat is no MAT file of level 5/)
  const cut = { ...hashes[0]!, sha256: hash(files[0]!.subarray(0, 300)), bytes: 300 }
  put('SVHN/train_32x32.mat', files[0]!.subarray(0, 300))
  await fails(load(svhnSource([cut, hashes[1]!])), /is cut or damaged/)
})

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('a file that lies there as it was published is known by its hash, though its contents have none', async () => {
  const files = [digits(3), idxLabels([0, 9, 4]), digits(2), idxLabels([1, 2])].map(
    (bytes) => new Uint8Array(gzipSync(bytes)),
  )
  const source = kmnistSource(COUNTS)
  const downloads = source.downloads.map((file, i) => ({ ...file, bytes: files[i]!.length, sha256: hash(files[i]!) }))
  for (const [i, { name }] of downloads.entries()) put(`kmnist/${name}`, files[i]!)
  assert.equal((await load({ ...source, downloads })).isPublished, true)
  const [first, ...others] = downloads
  const wrong = [{ ...first!, sha256: '0'.repeat(64) }, ...others]
  assert.equal((await load({ ...source, downloads: wrong })).isPublished, false)
  assert.equal((await load(source)).isPublished, false)
})

test('the names of the classes are as many as the counts say', () => {
  const counts = { letters: 26, digits: 10, mnist: 10, balanced: 47, bymerge: 47, byclass: 62 }
  for (const [split, count] of Object.entries(counts)) assert.equal(EMNIST_CLASSES[split]!.length, count, split)
  for (const [name, count] of [
    ['emnist-letters', 26],
    ['emnist-digits', 10],
    ['emnist-balanced', 47],
    ['kmnist', 10],
  ] as const)
    assert.equal(findDataSet(name).names.length, count)
  for (const name of ['qmnist', 'cifar-100', 'svhn']) assert.ok(findDataSet(name))
})
