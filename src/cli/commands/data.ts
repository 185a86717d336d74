import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { cacheFolder } from '../../data/cache.node.js'
import { type DataSetEntry, dataSets, findDataSet, imageShapeOf } from '../../data/index.js'
import { isDownloaded, loadDataSet } from '../../data/load.node.js'
import { locate } from '../../data/locate.node.js'
import { foundOf } from '../../data/own/found.js'
import { isKnown, loadData } from '../../data/own/own.node.js'
import { UsageError, UserError } from '../../errors.js'
import { describeFound } from '../output/found.js'
import { bytes, count } from '../output/numbers.js'
import { print, printJson } from '../output/print.js'
import { columns, definitions, textWidth } from '../output/text.js'
import { type OwnFlags, readOwnFlags } from '../own-data.js'
import { named, toType } from '../to-type.js'
import { downloadProgress } from '../train/download.js'

export interface DataFlags extends OwnFlags {
  readonly dataDir?: string
  readonly download?: true
  readonly json?: true
}

const UNCHECKED = styleText('dim', 'Files are found by their names; their contents are checked when they are read.')

/** Where a data set is: inside Onward, in a folder, or not on this machine. */
type Place = { readonly embedded: true } | { readonly folder: string } | { readonly missing: string }

/**
 * `onward data [NAME]`: what there is and where; with `--download`, fetched and checked. Of a path: what one's own data
 * are, as training would read them.
 */
export async function command(name: string | undefined, flags: DataFlags): Promise<void> {
  const { dataDir, download, json } = flags
  if (name !== undefined && !isKnown(name)) return await describeOwn(name, flags)
  refuseOwnFlags(flags, name)
  if (download && name === undefined)
    throw new UsageError(`Say which data set to download: ${toType('data', 'NAME', '--download')}.`)
  const entries = name === undefined ? dataSets : [findDataSet(name)]
  if (download) {
    const progress = downloadProgress(process.stderr)
    const load = { ...(dataDir !== undefined && { dataDir }), onProgress: progress.show }
    await loadDataSet(name!, load).finally(progress.end)
  }
  const found = entries.map((entry) => ({ entry, place: placeOf(entry, dataDir) }))
  if (json) printJson(found.map(toJson))
  else print(...(name === undefined ? list(found) : describe(found[0]!)))
}

async function describeOwn(path: string, flags: DataFlags): Promise<void> {
  const unread = flags.download ? '--download' : flags.dataDir !== undefined ? '--data-dir' : undefined
  // Of what is not there, more is to be said: it may be a name that was typed wrong.
  if (unread !== undefined && existsSync(path))
    throw new UsageError(`${unread} is for data sets that Onward knows by name, and ${path} is a path: leave it out.`)
  const progress = downloadProgress(process.stderr)
  const data = await loadData(path, { ...readOwnFlags(flags), onReading: progress.reading }).finally(progress.end)
  const found = foundOf(data)!
  if (flags.json) printJson(found)
  else print(...describeFound(found, textWidth()))
}

function refuseOwnFlags(flags: DataFlags, name = 'the list of data sets'): void {
  const [key] = Object.keys(readOwnFlags(flags))
  if (key !== undefined) throw new UsageError(`--${key} tells how to read one's own data, which ${name} is not.`)
}

interface Found {
  readonly entry: DataSetEntry
  readonly place: Place
}

function list(found: readonly Found[]): string[] {
  const head = ['name', 'input', 'training + test', 'where'].map((title) => styleText('dim', title))
  const rows = found.map(({ entry, place }) => {
    const { name, input, counts } = entry
    const images = `${count(counts.train)} + ${count(counts.test)}`
    const where =
      'missing' in place
        ? `not here: ${place.missing || (isFetched(entry) ? sizeOf(entry) : 'no download')}`
        : describePlace(entry, place)
    return [styleText('bold', name), input.shape.join('x'), images, where]
  })
  return [...columns([head, ...rows]), '', UNCHECKED, `${named('data', 'NAME', '--download')} gets one.`]
}

function describe({ entry, place }: Found): string[] {
  const { name, title, input, target, names, counts, credit } = entry
  const facts: [string, string][] = [
    imageShapeOf(input)
      ? ['images', `${input.shape.join('x')} (channels, height, width)`]
      : ['inputs', `${input.shape.join('x')} numbers each`],
    ['number', `${count(counts.train)} to train and ${count(counts.test)} to test`],
    [target.kind === 'class' ? 'classes' : target.kind, names.join(', ')],
    ['credit', credit],
    ['where', describePlace(entry, place)],
    ...unhashed(entry),
  ]
  const note = 'folder' in place ? ['', UNCHECKED] : []
  return [`${styleText('bold', name)}: ${title}`, ...definitions(facts, textWidth()), ...note]
}

/** Where the contents of some files have no published hash. */
function unhashed({ from }: DataSetEntry): [string, string][] {
  const isKnown = !('source' in from) || from.source.files.every(({ sha256 }) => sha256 !== undefined)
  if (isKnown) return []
  return [
    ['check', 'by format and counts: of its unpacked files no hash is published; packed as published, they have one'],
  ]
}

function describePlace(entry: DataSetEntry, place: Place): string {
  if ('embedded' in place) return 'embedded: needs no file'
  if ('folder' in place) return place.folder
  return `not here: ${place.missing || waysTo(entry)}`
}

const sizeOf = ({ from }: DataSetEntry): string =>
  bytes('source' in from ? from.source.downloads.reduce((sum, file) => sum + file.bytes, 0) : 0)

const isFetched = ({ from }: DataSetEntry): boolean => 'source' in from && from.source.downloads.length > 0

/** How a data set that is not here is got. */
function waysTo(entry: DataSetEntry): string {
  const { name, from } = entry
  if (isFetched(entry)) return `${toType('data', name, '--download')} (${sizeOf(entry)})`
  const files = 'source' in from ? from.source.files.map(({ names }) => names[0]) : []
  return `put ${files.join(', ')} into a folder (${toType('data', '--data-dir', 'DIR')})`
}

/** Files of the right names, as training would look for them; their contents are checked when they are read. */
export function placeOf(entry: DataSetEntry, dataDir: string | undefined): Place {
  const { name, from } = entry
  if ('make' in from) return { embedded: true }
  const { source } = from
  const folder = dataDir ?? (process.env.ONWARD_DATA || undefined)
  if (folder !== undefined) {
    if (!existsSync(folder)) return { missing: `the data folder ${folder} does not exist` }
    try {
      const found = locate(source, folder)
      if (found) return { folder: 'archive' in found ? found.archive : folder }
    } catch (error) {
      if (error instanceof UserError) return { missing: error.message }
      throw error
    }
  }
  if (dataDir !== undefined) return { missing: `${dataDir} does not hold it` }
  const cache = join(cacheFolder(), source.cached ?? name)
  const whole = isFetched(entry) && isDownloaded(source, cache)
  return whole ? { folder: cache } : { missing: '' }
}

function toJson({ entry: { name, title, input, target, names, counts, credit }, place }: Found): unknown {
  const where = 'embedded' in place ? 'embedded' : 'folder' in place ? place.folder : null
  return { name, title, input, target, names, counts, credit, where }
}
