import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { UserError } from '../../../errors.js'
import { CIFAR_10 } from '../../sources/cifar-10.js'
import { COARSE, FINE } from '../../sources/cifar-100-classes.js'
import { PIXELS, readCifarRecords } from '../../sources/cifar-records.js'
import { readTar } from '../../tar.js'
import type { Arrays, OwnOptions, Reader, ReadProgress } from '../content.js'
import { readBytes } from '../file.node.js'
import { roleOf } from '../names.js'

/** Bytes before the pixels of a record: of CIFAR-10 the class, of CIFAR-100 the coarse and the fine one. */
const LABEL_BYTES = { 'CIFAR-10': 1, 'CIFAR-100': 2 } as const
type Version = keyof typeof LABEL_BYTES
const VERSIONS = Object.keys(LABEL_BYTES) as Version[]

const versionOf = (bytes: number): Version | undefined =>
  VERSIONS.find((version) => bytes > 0 && bytes % (LABEL_BYTES[version] + PIXELS) === 0)

const isBatch = (name: string): boolean => name.endsWith('.bin')

/** Files of the binary versions of CIFAR, a folder of them, or the archive as it is published. */
export const cifarReader: Reader = {
  format: 'CIFAR in binary',
  recognises(path, head) {
    if (/\.t(ar\.)?gz$/.test(path)) return /^cifar-100?-batches-bin\/|^cifar-100-binary\//.test(ascii(head))
    if (head.length > 0) return isBatch(path) && versionOf(statSync(path).size) !== undefined
    const files = statSync(path).isDirectory() ? readdirSync(path).filter(isBatch) : []
    return files.length > 0 && files.every((name) => versionOf(statSync(join(path, name)).size) !== undefined)
  },
  async read(path, options, progress) {
    const files = await membersOf(path, progress)
    const part = (wanted: 'train' | 'test') =>
      [...files.entries()].filter(([name]) => (roleOf(name).part === 'test') === (wanted === 'test'))
    const [train, test] = [part('train'), part('test')]
    const some = train.length > 0 ? train : test
    if (some.length === 0) throw new UserError(`${path} holds no file of CIFAR (train.bin, data_batch_1.bin).`)
    const version = versionOf(some[0]![1].length)!
    const isCoarse = version === 'CIFAR-100' && options.target?.some((name) => roleOf(name).stem === 'coarse')
    const what = {
      'CIFAR-10': 'CIFAR-10 in binary',
      'CIFAR-100': isCoarse
        ? 'CIFAR-100 in binary, its 20 coarse classes'
        : 'CIFAR-100 in binary, its 100 fine classes (--target coarse takes the 20 coarse ones)',
    }[version]
    return {
      what,
      train: arraysOf(some, version, options),
      ...(train.length > 0 && test.length > 0 && { test: arraysOf(test, version, options) }),
    }
  },
}

const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes.subarray(0, 100))

async function membersOf(path: string, progress?: ReadProgress): Promise<Map<string, Uint8Array>> {
  if (!statSync(path).isDirectory()) {
    const bytes = await readBytes(path, progress)
    if (!isBatch(path)) return new Map([...readTar(bytes, path)].filter(([name]) => isBatch(name)).sort())
    return new Map([[basename(path), bytes]])
  }
  const files = new Map<string, Uint8Array>()
  for (const name of readdirSync(path).filter(isBatch).sort())
    files.set(name, await readBytes(join(path, name), progress))
  return files
}

function arraysOf(files: readonly [string, Uint8Array][], version: Version, { target }: OwnOptions): Arrays {
  const kinds = version === 'CIFAR-10' ? [CIFAR_10] : [COARSE, FINE]
  const counts = kinds.map((names) => names.length)
  const parts = files.map(([name, bytes]) => readCifarRecords(bytes, counts, name))
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const names = version === 'CIFAR-10' ? ['labels'] : ['coarse_labels', 'fine_labels']
  const wanted = names.findIndex((name) =>
    target?.some((own) => own === name || roleOf(own).stem === roleOf(name).stem),
  )
  const k = target && wanted >= 0 ? wanted : names.length - 1
  const joined = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces))
  return {
    kind: 'arrays',
    classes: kinds[k]!,
    arrays: [
      { name: 'images', shape: [count, 3, 32, 32], numbers: joined(parts.map(({ pixels }) => pixels)) },
      { name: names[k]!, shape: [count], numbers: joined(parts.map(({ labels }) => labels[k]!)) },
    ],
  }
}
