import { UsageError, UserError } from '../errors.js'
import { unknownName } from '../names.js'
import { dataSet } from './checked.js'
import { type DataSet, labelledImages } from './dataset.js'
import { makeGlyphs } from './glyphs/glyphs.js'
import type { DataSetEntry } from './source.js'
import { cifar10 } from './sources/cifar-10.js'
import { cifar100 } from './sources/cifar-100.js'
import { emnist } from './sources/emnist.js'
import { kmnist } from './sources/kuzushiji.js'
import { fashionMnist, mnist } from './sources/mnist.js'
import { optdigits } from './sources/optdigits.js'
import { qmnist } from './sources/qmnist.js'
import { svhn } from './sources/svhn.js'
import { concrete, energy, powerPlant, wineWhite } from './sources/tables.js'

const glyphs: DataSetEntry = {
  name: 'glyphs',
  title: 'Glyphs, handwritten-like digits, embedded',
  ...labelledImages([1, 28, 28], ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']),
  counts: { train: 10000, test: 2000 },
  credit: 'drawn by Onward, Apache-2.0',
  from: { make: makeGlyphs, sha256: '50e3ea10eb1fb5e9329a876e51f8642a4f5f4350d7bbf066d43d803bcd8996e7' },
}

/** Every data set that Onward knows by name. */
export const dataSets: readonly DataSetEntry[] = [
  ...[glyphs, mnist, fashionMnist, cifar10, optdigits],
  ...[...emnist, kmnist, qmnist, cifar100, svhn],
  ...[concrete, energy, powerPlant, wineWhite],
]

/** The entry of that name; an unknown name throws a UserError that offers the nearest one. */
export function findDataSet(name: string): DataSetEntry {
  const entry = dataSets.find((candidate) => candidate.name === name.toLowerCase())
  if (entry) return entry
  if (/[\\/]/.test(name))
    throw new UsageError(
      `"${name}" is a path, and not the name of a data set: \`onward data\` lists them; the folder of one's files is given beside its name (--data-dir ${name})`,
    )
  throw unknownName(
    'data set',
    name,
    dataSets.map((candidate) => candidate.name),
  )
}

/**
 * The data set of `entry` with the splits that were made or read for it, and the SHA-256 of its content where no
 * published hash told its files.
 */
export function assemble(entry: DataSetEntry, splits: Pick<DataSet, 'train' | 'test'>, fingerprint?: string): DataSet {
  const { name, input, target, names } = entry
  const { train, test } = splits
  return dataSet({ name, input, target, names, train, test, ...(fingerprint !== undefined && { fingerprint }) })
}

/** An embedded data set, which needs no file; throws a UserError for one that does. */
export function makeDataSet(name: string): DataSet {
  const entry = findDataSet(name)
  if ('make' in entry.from) return assemble(entry, entry.from.make())
  throw new UserError(`The data set "${name}" is read from files, which only Node can do; "glyphs" needs none.`)
}
