import { existsSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { UsageError, UserError } from '../../errors.js'
import { unknownName } from '../../names.js'
import { dataSet } from '../checked.js'
import type { DataSet, Split } from '../dataset.js'
import { type LoadOptions, loadDataSet } from '../load.node.js'
import { dataSets } from '../registry.js'
import { meaningOfArrays } from './arrays.js'
import { firstFileIn, readArrays } from './beside.node.js'
import type { Content, Found, OwnOptions, Reader, ReadProgress } from './content.js'
import { readHead } from './file.node.js'
import { fingerprint } from './fingerprint.node.js'
import type { Meant } from './meaning.js'
import { roleOf } from './names.js'
import { meaningOfPictures } from './pictures.node.js'
import type { Provenance } from './provenance.js'
import { READERS } from './readers.node.js'
import { tableMeaning } from './table.js'
import { checkUnnamed, type TableForm, tableLike } from './table-like.js'
import { decodePictures } from './table-pictures.node.js'
import { withTest } from './with-test.js'

/** How a data set is found, and how one's own data are to be understood. */
export interface DataOptions extends LoadOptions, OwnOptions {
  /** Shows the reading of one's own data. */
  readonly onReading?: ReadProgress['onProgress']
  /** The name of one's own data; default: that of the file or folder. */
  readonly name?: string
  /** A table that was read before, whose form these data take. */
  readonly like?: TableForm
}

/**
 * Loads a data set: by its name, or one's own from the path of a file or folder. The format of own data is found out,
 * and a test part is split off at random, of each class its share, where the files keep none apart; `own` of the data
 * set tells what was decided. Throws a UserError with one sentence that says what to do.
 */
export async function loadData(pathOrName: string, options: DataOptions = {}): Promise<DataSet> {
  const own = ownOptions(options)
  if (isKnown(pathOrName)) {
    const [key] = Object.keys(own)
    if (key !== undefined)
      throw new UsageError(
        `"${key}" tells how to read one's own data, and ${pathOrName} is known by name: leave it out.`,
      )
    return among(await loadDataSet(pathOrName, options), options.amongClasses, pathOrName)
  }
  if (!existsSync(pathOrName)) throw notThere(pathOrName)
  if (options.dataDir !== undefined)
    throw new UsageError(
      `The data folder ${options.dataDir} is for data sets known by name, and ${pathOrName} is a path: leave it out.`,
    )
  return await loadOwn(pathOrName, own, options)
}

/** Whether a data set is known by this name. */
export const isKnown = (name: string): boolean => dataSets.some((entry) => entry.name === name.toLowerCase())

function notThere(pathOrName: string): UsageError {
  const bring = "one's own data are named by their path: a folder of pictures, or a file of a table or of arrays"
  if (/[\\/]|\.\w+$/.test(pathOrName)) return new UsageError(`There is no file or folder ${pathOrName}; ${bring}.`)
  const names = dataSets.map(({ name }) => name)
  return new UsageError(`${unknownName('data set', pathOrName, names).message} Or ${bring}.`)
}

async function loadOwn(path: string, options: OwnOptions, more: DataOptions): Promise<DataSet> {
  const { signal, onReading, amongClasses, like } = more
  checkShare(options.test)
  const progress: ReadProgress = { signal, onProgress: onReading }
  const found = await read(path, options, progress)
  if (found.test && options.test !== undefined)
    throw new UsageError(`${path} keeps a test part apart: leave --test out, or name the training part alone.`)
  const meant = among(
    await meaningOf(found, { ...options, ...(amongClasses && { amongClasses }) }, like, progress),
    amongClasses,
    path,
  )
  const { train, test, split } = withTest(meant, options.test ?? SHARE, path)
  const { input, target, names, notes = [], encoding } = meant
  const name = more.name ?? nameOf(path)
  const parts = { name, input, target, names, train, test }
  const met = new Set<number>(train.targets)
  const unseen = target.kind === 'class' ? names.filter((_, label) => !met.has(label)) : []
  const own: Provenance = {
    path: resolve(path),
    options,
    ...{ what: found.what, split, counts: { train: train.count, test: test.count } },
    notes: [...notes, ...(unseen.length > 0 ? [`no sample to train is of ${listed(unseen)}`] : [])],
    ...perName(parts),
    ...(encoding && { encoding }),
  }
  return dataSet({ ...parts, own, fingerprint: fingerprint(parts) })
}

/** Classes by their places among `classes`, where these are given. Throws a UserError where one is none of them. */
function among<T extends Pick<Meant, 'target' | 'names' | 'train' | 'test'>>(
  read: T,
  classes: readonly string[] | undefined,
  path: string,
): T {
  if (!classes || read.target.kind !== 'class') return read
  const unknown = read.names.find((name) => !classes.includes(name))
  if (unknown !== undefined)
    throw new UserError(
      `${path} has the class ${unknown}, and the classes are ${listed(classes)}: rename it, or leave its samples out`,
    )
  const places = read.names.map((name) => classes.indexOf(name))
  const placed = (split: Split): Split => ({
    ...split,
    targets: Int32Array.from(split.targets!, (label) => places[label]!),
  })
  return {
    ...read,
    ...{ names: classes, target: { kind: 'class', count: classes.length }, train: placed(read.train) },
    ...(read.test && { test: placed(read.test) }),
  }
}

const SHOWN = 8

const listed = (names: readonly string[]): string =>
  names.length > SHOWN
    ? `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more classes`
    : names.join(', ')

/** The part of the samples that is kept for the test. */
const SHARE = 0.2

function checkShare(test: number | undefined): void {
  if (test !== undefined && !(test > 0 && test < 1))
    throw new UsageError(`the share of the samples for the test is ${test}: a number above 0 and below 1 is wanted.`)
}

/**
 * The name of the file without its endings and without the words that all such names have, or of the folder: mnist of
 * mnist/train-images-idx3-ubyte.gz.
 */
function nameOf(path: string): string {
  const whole = resolve(path)
  if (statSync(whole).isDirectory()) return basename(whole)
  const name = basename(whole).replace(/(?<=.)(\.[A-Za-z]\w{0,11})+$/, '')
  const { what, part, stem } = roleOf(name)
  if (what !== 'input' && part === undefined) return name
  return stem === '' ? basename(dirname(whole)) || name : stem.replaceAll(' ', '-')
}

/** Finds the reader of a path and reads it with what lies beside it; of a folder of files, the file for training. */
async function read(path: string, options: OwnOptions, progress?: ReadProgress): Promise<Found> {
  const stat = statSync(path)
  if (!stat.isFile() && !stat.isDirectory())
    throw new UsageError(`${path} is a pipe or a device: write the data into a file, and name that.`)
  const reader = await readerOf(path)
  if (reader) return await readArrays(reader, path, options, progress)
  if (stat.isDirectory()) return await read(await firstFileIn(path, READERS), options, progress)
  const formats = READERS.map(({ format }) => format).join(', ')
  throw new UsageError(`${path} is of no format that can be read: these are ${formats}.`)
}

async function readerOf(path: string): Promise<Reader | undefined> {
  const head = await readHead(path)
  return READERS.find((reader) => reader.recognises(path, head))
}

/** What content means, by its kind. */
async function meaningOf(
  found: Found,
  options: OwnOptions,
  like: TableForm | undefined,
  progress?: ReadProgress,
): Promise<Meant> {
  if (like && holds('table', found)) return await tableLike(decodePictures)(found, like, progress)
  if (like) checkUnnamed(like, found.train.kind)
  if (options.ignore && found.train.kind !== 'table')
    throw new UsageError('--ignore leaves out columns of a table, and there is none: leave it out.')
  if (holds('arrays', found)) return meaningOfArrays(found, options)
  if (holds('table', found)) return await tableMeaning(decodePictures)(found, options, progress)
  if (holds('pictures', found)) return await meaningOfPictures(found, options, progress)
  throw new UsageError(
    `its training part holds ${found.train.kind}, its test part ${found.test!.kind}: name one of them.`,
  )
}

const holds = <K extends Content['kind']>(kind: K, found: Found): found is Found<Extract<Content, { kind: K }>> =>
  found.train.kind === kind && (found.test?.kind ?? kind) === kind

/** How many samples each class or label has. */
function perName({ target, names, train, test }: DataSet): Pick<Provenance, 'perName'> {
  if (target.kind !== 'class' && target.kind !== 'labels') return {}
  const counts = names.map(() => 0)
  for (const { targets } of [train, test])
    for (let i = 0; i < targets!.length; i++)
      if (target.kind === 'class') counts[targets![i]!]!++
      else counts[i % names.length]! += targets![i]!
  return { perName: counts }
}

/** Of all options those of one's own data, as a run keeps them. */
function ownOptions({ target, ignore, task, classes, size, colour, test }: OwnOptions): OwnOptions {
  const own = { target, ignore, task, classes, size, colour, test }
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined))
}
