import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { readImage } from '../../../src/data/images.node.js'
import { labelledImages } from '../../../src/data/index.js'
import { meaningOfArrays } from '../../../src/data/own/arrays.js'
import type { Found } from '../../../src/data/own/content.js'
import { readHead } from '../../../src/data/own/file.node.js'
import { readIdx } from '../../../src/data/own/idx.js'
import { arraysIn } from '../../../src/data/own/read/safetensors.node.js'
import { READERS } from '../../../src/data/own/readers.node.js'
import { readCifarBatches } from '../../../src/data/sources/cifar-10.js'
import { readOptdigits } from '../../../src/data/sources/optdigits.js'
import { readTar } from '../../../src/data/tar.js'
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/train/checkpoint.js'
import { resolvedOptions } from '../../../src/train/options.js'
import { idxImages, idxLabels, tarOf } from '../../data/files.js'
import { ARCHIVES, ARRAYS, REFUSED, SAFETENSORS } from '../../data/own/golden.js'

/** A reader, and files that it reads. */
export interface Format {
  readonly samples: readonly Uint8Array[]
  /** Reads a changed file; throws a UserError where that is wrong. */
  read(bytes: Uint8Array): unknown
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const numbers = (length: number): number[] => Array.from({ length }, (_, i) => (7 * i) % 251)

const images = idxImages(numbers(6 * 20), 4, 5)
const labels = idxLabels([0, 1, 2, 0, 1, 2])
const cifar = Uint8Array.from({ length: 2 * 3073 }, (_, i) => (i % 3073 === 0 ? 3 : i % 251))
const line = `${numbers(64).map((n) => n % 17)},4`
const npy = [...ARRAYS, ...REFUSED].map(({ base64 }) => bytesOf(base64))
const npz = Object.values(ARCHIVES).map(bytesOf)
const tensors = [bytesOf(SAFETENSORS)]

/** The same few pixels in every format of pictures. */
async function pictures(): Promise<Uint8Array[]> {
  const raw = { width: 6, height: 5, channels: 3 } as const
  const pixels = sharp(Uint8Array.from(numbers(90)), { raw })
  const formats = ['png', 'jpeg', 'webp', 'gif', 'tiff'] as const
  return await Promise.all(formats.map((format) => pixels.clone()[format]().toBuffer()))
}

const checkpoint = encodeCheckpoint({
  ...{ rule: 'backprop', data: 'glyphs', samples: labelledImages([1, 4, 5], ['a', 'b', 'c']) },
  settings: { hyper: { units: [3] }, options: resolvedOptions.parse({ epochs: 2, batch: 4, validation: 0, limit: 9 }) },
  position: { phase: 0, epoch: 1, between: 0, batch: 1 },
  state: [
    { name: 'w', dtype: 'float32', shape: [2, 3], data: Float32Array.from(numbers(6)) },
    { name: 'step', dtype: 'int32', shape: [], data: Int32Array.of(7) },
  ],
  best: { epoch: 0, merit: 0.5, state: [{ name: 'w', dtype: 'float32', shape: [1], data: Float32Array.of(2) }] },
})

const folder = mkdtempSync(join(tmpdir(), 'onward-fuzz-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

/** Reads a file of one's own as `loadData` does, to its meaning. */
const own = (name: string, samples: readonly Uint8Array[], isPacked = false): Format => ({
  samples,
  async read(bytes) {
    const path = join(folder, name)
    writeFileSync(path, isPacked ? gzipSync(bytes) : bytes)
    const head = await readHead(path)
    const reader = READERS.find((candidate) => candidate.recognises(path, head))
    const found = await reader?.read(path, {})
    if (found?.train.kind === 'arrays') meaningOfArrays(found as Found<typeof found.train>, {})
  },
})

export const FORMATS: Readonly<Record<string, Format>> = {
  'IDX images': { samples: [images], read: (bytes) => readIdx(bytes, 'a file') },
  'IDX labels': { samples: [labels], read: (bytes) => readIdx(bytes, 'a file') },
  CIFAR: { samples: [cifar], read: (bytes) => readCifarBatches([bytes], ['a file']) },
  optdigits: { samples: [Buffer.from(`${line}\n${line}\n`)], read: (bytes) => readOptdigits(bytes, 'a file') },
  tar: { samples: [tarOf({ images, labels })], read: (bytes) => readTar(bytes, 'a file') },
  safetensors: { samples: tensors, read: (bytes) => arraysIn(bytes, 'a file') },
  checkpoint: { samples: [checkpoint], read: (bytes) => decodeCheckpoint(bytes, 'a file') },
  gzip: own(
    'x.npy.gz',
    npy.map((bytes) => gzipSync(bytes)),
  ),
  picture: {
    samples: await pictures(),
    async read(bytes) {
      const path = join(folder, 'picture')
      writeFileSync(path, bytes)
      await readImage(path)
    },
  },
  'own CIFAR': own('x.bin', [cifar]),
  'own IDX': own('x-ubyte', [images, labels]),
  'own IDX, packed': own('x-ubyte.gz', [images, labels], true),
  'own NPY': own('x.npy', npy),
  'own NPY, packed': own('x.npy.gz', npy, true),
  'own NPZ': own('x.npz', npz),
  'own NPZ, packed': own('x.npz.gz', npz, true),
  'own safetensors': own('x.safetensors', tensors),
  'own safetensors, packed': own('x.safetensors.gz', tensors, true),
}
