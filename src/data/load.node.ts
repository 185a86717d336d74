import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../errors.js'
import { sizeOfFile } from '../files.node.js'
import { cacheFolder } from './cache.node.js'
import type { DataSet, Split } from './dataset.js'
import { type DownloadOptions, download } from './download.node.js'
import { type Location, locate, readFiles } from './locate.node.js'
import { madeOrKept } from './made.node.js'
import { fingerprint } from './own/fingerprint.node.js'
import { assemble, findDataSet } from './registry.js'
import type { Download, Source } from './source.js'

export interface LoadOptions extends DownloadOptions {
  /** The folder that holds the files; without it `ONWARD_DATA`, then the cache, then a download. */
  readonly dataDir?: string
  /** The folder for downloads; without it `ONWARD_CACHE` or the operating system's cache folder. */
  readonly cacheDir?: string
  /** Never download. */
  readonly offline?: boolean
}

/**
 * Loads a data set by name. Embedded ones are made once and kept in the cache; the others are read from `dataDir`, from
 * `ONWARD_DATA`, from the cache, or downloaded to the cache, in this order. Throws a UserError with one sentence that
 * says what to do.
 */
export async function loadDataSet(name: string, options: LoadOptions = {}): Promise<DataSet> {
  const entry = findDataSet(name)
  const { from, counts } = entry
  if ('source' in from) {
    const { isPublished, ...splits } = await loadSource(name, from.source, options)
    const data = assemble(entry, splits)
    return isPublished ? data : assemble(entry, splits, fingerprint(data))
  }
  const kept = join(options.cacheDir ?? cacheFolder(), name, 'made')
  return assemble(entry, madeOrKept(kept, from.sha256, counts, from.make))
}

/** The splits of the data set `name`, from its files, and whether published hashes told all of them. */
export async function loadSource(
  name: string,
  source: Source,
  options: LoadOptions = {},
): Promise<{ train: Split; test: Split; isPublished: boolean }> {
  const { contents, where, isPublished } = await readFiles(source, await find(name, source, options))
  return { ...source.decode(contents, where), isPublished }
}

async function find(name: string, source: Source, options: LoadOptions): Promise<Location> {
  const { dataDir, offline } = options
  const files = source.files.map((file) => file.names[0]).join(', ')
  if (dataDir !== undefined) {
    if (!existsSync(dataDir)) throw new UserError(`The data folder ${dataDir} does not exist; make it or name another.`)
    const location = locate(source, dataDir)
    if (location) return location
    throw new UserError(
      `${dataDir} does not hold ${name}: put ${files} (as they are, or with .gz) into ` +
        `${join(dataDir, source.folders[0]!)}${source.downloads.length > 0 ? ', or leave the data folder out to download them' : ''}.`,
    )
  }
  const shared = process.env.ONWARD_DATA
  if (shared && !existsSync(shared))
    throw new UserError(`The data folder ${shared}, which ONWARD_DATA names, does not exist; make it or name another.`)
  const cache = join(options.cacheDir ?? cacheFolder(), source.cached ?? name)
  const location = (shared ? locate(source, shared) : undefined) ?? locateCached(source, cache)
  if (location) return location
  if (source.downloads.length === 0)
    throw new UserError(
      `${name} is not on this machine (looked in ${[shared, cache].filter(Boolean).join(' and ')}), and cannot be ` +
        `fetched: put ${files} into a folder, and name that (--data-dir DIR).`,
    )
  if (offline) {
    throw new UserError(
      `${name} is not on this machine (looked in ${[shared, cache].filter(Boolean).join(' and ')}), and downloads are ` +
        `off: name the folder that holds ${files}, or allow the download.`,
    )
  }
  for (const file of source.downloads) {
    if (!isWhole(file, cache)) await download(file, cache, options)
  }
  return locateCached(source, cache)!
}

/** Like `locate`, for the cache: what is missing or cut there is no error but still to be fetched. */
const locateCached = (source: Source, cache: string): Location | undefined =>
  isDownloaded(source, cache) ? locate({ ...source, folders: ['.'] }, cache) : undefined

/** Whether all that a source downloads is in this folder, whole by its size. */
export const isDownloaded = ({ downloads }: Source, folder: string): boolean =>
  downloads.every((file) => isWhole(file, folder))

const isWhole = ({ name, bytes }: Download, folder: string): boolean => sizeOfFile(join(folder, name)) === bytes
