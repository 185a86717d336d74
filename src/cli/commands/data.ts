import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../../data/cache.node.js'
import { type DataSetEntry, dataSets, findDataSet } from '../../data/index.js'
import { loadDataSet } from '../../data/load.node.js'
import { locate } from '../../data/locate.node.js'
import { UsageError, UserError } from '../../errors.js'
import { columns } from '../output/columns.js'
import { bytes, count } from '../output/numbers.js'
import { print } from '../output/print.js'
import { type Style, styleOf } from '../output/style.js'
import { startedAs } from '../started-as.js'
import { downloadProgress } from '../train/download.js'

export interface DataFlags {
  readonly dataDir?: string
  readonly download?: true
  readonly json?: true
}

const UNCHECKED = 'Files are found by their names; their contents are checked when they are read.'

/** Where a data set is: inside Onward, in a folder, or not on this machine. */
type Place = { readonly embedded: true } | { readonly folder: string } | { readonly missing: string }

/** `onward data [NAME]`: what there is and where; with `--download`, fetched and checked. */
export async function dataCommand(name: string | undefined, flags: DataFlags): Promise<void> {
  if (flags.download && name === undefined)
    throw new UsageError(`Say which data set to download: ${startedAs()} data NAME --download.`)
  const entries = name === undefined ? dataSets : [findDataSet(name)]
  if (flags.download) await fetchData(entries[0]!, flags)
  const style = styleOf(process.stdout)
  if (flags.json)
    print(
      JSON.stringify(
        entries.map((entry) => toJson(entry, placeOf(entry, flags.dataDir))),
        undefined,
        2,
      ),
    )
  else if (name === undefined) print(...list(flags, style))
  else print(...describe(entries[0]!, placeOf(entries[0]!, flags.dataDir), style))
}

async function fetchData(entry: DataSetEntry, { dataDir }: DataFlags): Promise<void> {
  const progress = downloadProgress(process.stderr)
  try {
    await loadDataSet(entry.name, { ...(dataDir !== undefined && { dataDir }), onProgress: progress.show })
  } finally {
    progress.end()
  }
}

function list({ dataDir }: DataFlags, style: Style): string[] {
  const rows = dataSets.map((entry) => {
    const { name, input, counts } = entry
    const images = `${count(counts.train)} + ${count(counts.test)}`
    return [style.bold(name), input.shape.join('x'), images, describePlace(entry, placeOf(entry, dataDir))]
  })
  return [...columns([['name', 'image', 'training + test', 'where'].map(style.dim), ...rows]), '', style.dim(UNCHECKED)]
}

function describe(entry: DataSetEntry, place: Place, style: Style): string[] {
  const { name, title, input, names, counts, credit } = entry
  return [
    `${style.bold(name)}: ${title}`,
    `  images   ${input.shape.join('x')} (channels, height, width), ${count(counts.train)} to train and ${count(counts.test)} to test`,
    `  classes  ${names.join(', ')}`,
    `  credit   ${credit}`,
    `  where    ${describePlace(entry, place)}`,
    ...('folder' in place ? ['', style.dim(UNCHECKED)] : []),
  ]
}

function describePlace(entry: DataSetEntry, place: Place): string {
  if ('embedded' in place) return 'embedded: needs no file'
  if ('folder' in place) return place.folder
  const size = 'source' in entry.from ? entry.from.source.downloads.reduce((sum, file) => sum + file.bytes, 0) : 0
  return `not here: ${place.missing || `${startedAs()} data ${entry.name} --download (${bytes(size)})`}`
}

/** Files of the right names, as training would look for them; their contents are checked when they are read. */
function placeOf({ name, from }: DataSetEntry, dataDir: string | undefined): Place {
  if ('make' in from) return { embedded: true }
  const { source } = from
  const folders = dataDir !== undefined ? [dataDir] : process.env.ONWARD_DATA ? [process.env.ONWARD_DATA] : []
  for (const folder of folders) {
    if (!existsSync(folder)) return { missing: `the data folder ${folder} does not exist` }
    try {
      const found = locate(source, folder)
      if (found) return { folder: 'archive' in found ? found.archive : folder }
    } catch (error) {
      if (error instanceof UserError) return { missing: error.message }
      throw error
    }
  }
  const cache = join(cacheFolder(), name)
  const whole = source.downloads.every(
    (file) => statSync(join(cache, file.name), { throwIfNoEntry: false })?.size === file.bytes,
  )
  return whole && dataDir === undefined ? { folder: cache } : { missing: '' }
}

function toJson(entry: DataSetEntry, place: Place): unknown {
  const { name, title, input, target, names, counts, credit } = entry
  const where = 'embedded' in place ? 'embedded' : 'folder' in place ? place.folder : null
  return { name, title, input, target, names, counts, credit, where }
}
