import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { UserError } from '../errors.js'
import { hashOf, hashOfFile, reason, sizeOfFile } from '../files.node.js'
import { inflateMat } from './mat.node.js'
import type { Source, SourceFile } from './source.js'
import { readTar } from './tar.js'
import { readZip } from './zip.node.js'

/** Where the contents of a data set's files are: a path each, or one archive for all. */
export type Location = { readonly paths: readonly string[] } | { readonly archive: string }

/**
 * Looks for the files of `source` in `directory`, folder after folder. Returns undefined where there is none of them,
 * and throws a UserError where a folder holds some and lacks others.
 */
export function locate(source: Source, directory: string): Location | undefined {
  for (const folder of source.folders) {
    const paths = source.files.map((file) => findFile(file, join(directory, folder)))
    const found = paths.filter((path) => path !== undefined)
    if (found.length === paths.length) return { paths: found }
    if (source.archive && sizeOfFile(join(directory, folder, source.archive)) !== undefined) {
      return { archive: join(directory, folder, source.archive) }
    }
    if (found.length > 0) {
      const missing = source.files.filter((_, index) => paths[index] === undefined).map((file) => file.names[0])
      throw new UserError(
        `${join(directory, folder)} holds ${found.length} of the ${paths.length} files of this data set; ` +
          `put ${missing.join(', ')} beside them (as they are, or with .gz).`,
      )
    }
  }
  return undefined
}

/**
 * A file by one of its names, of the right size if there is one; some unpackers put each file into a folder of its own
 * name.
 */
function findFile({ names, bytes }: SourceFile, folder: string): string | undefined {
  const all = names.flatMap((name) => [name, `${name}.gz`])
  const places = [folder, ...all.map((name) => join(folder, name))]
  const found = places
    .flatMap((place) => all.map((name) => join(place, name)))
    .filter((path) => sizeOfFile(path) !== undefined)
  return found.find((path) => path.endsWith('.gz') || sizeOfFile(path) === bytes) ?? found[0]
}

/** What was read, and whether a published hash told each of the files. */
export interface Contents {
  readonly contents: readonly Uint8Array[]
  /** The path that each came from, for messages. */
  readonly where: readonly string[]
  readonly isPublished: boolean
}

/**
 * The contents of the files at `location`, in the order of `source.files`, each checked against its size and SHA-256
 * where these are published. Throws a UserError that names the file which is cut, unreadable or another one.
 */
export async function readFiles(source: Source, location: Location): Promise<Contents> {
  const contents: Uint8Array[] = []
  const where: string[] = []
  const archive = 'archive' in location ? await readArchive(source, location.archive) : undefined
  let isPublished = true
  for (const [index, file] of source.files.entries()) {
    const [name] = file.names
    const path = 'archive' in location ? `${name} in ${location.archive}` : location.paths[index]!
    const bytes = archive ? await archive.member(name) : await readPacked(path, file.bytes)
    if (!bytes) throw new UserError(`${path} is missing; get the archive again.`)
    check(bytes, file, path)
    if (file.sha256 === undefined && !archive?.isPublished && !(await isPublishedAs(source, path))) isPublished = false
    contents.push(file.isMat ? inflateMat(bytes, path) : bytes)
    where.push(path)
  }
  return { contents, where, isPublished }
}

interface Archive {
  /** Whether it was needed to be, and is, the published one. */
  readonly isPublished: boolean
  member(name: string): Promise<Uint8Array | undefined>
}

/** The members of an archive by their names; a member may be packed once more. */
async function readArchive(source: Source, path: string): Promise<Archive> {
  const isNeeded = source.files.some(({ sha256 }) => sha256 === undefined)
  const isPublished = isNeeded && (await isPublishedAs(source, path))
  if (!path.endsWith('.zip')) {
    const members = readTar(await readPacked(path), path)
    return { isPublished, member: async (name) => members.get(name) }
  }
  const names = source.files.map(({ names: [name] }) => name)
  const members = await readZip(path, (name) => names.includes(name.replace(/\.gz$/, '')))
  return {
    isPublished,
    async member(name) {
      const packed = members.get(`${name}.gz`)
      return packed ? await unpacked(packed, `${name}.gz in ${path}`) : members.get(name)
    },
  }
}

/** Whether the file at a path has the name, the size and the SHA-256 of a published one. */
async function isPublishedAs({ downloads }: Source, path: string): Promise<boolean> {
  const known = downloads.find(({ name }) => name === basename(path))
  return known !== undefined && sizeOfFile(path) === known.bytes && (await hashOfFile(path)) === known.sha256
}

function check(bytes: Uint8Array, file: SourceFile, path: string): void {
  if (file.bytes !== undefined && bytes.length < file.bytes) {
    throw new UserError(`${path} is cut: it holds ${bytes.length} of ${file.bytes} bytes; delete it and get it again.`)
  }
  if (file.sha256 === undefined) return
  const sha256 = hashOf(bytes)
  if (sha256 !== file.sha256) {
    throw new UserError(
      `${path} is not the published file: its contents have the SHA-256 ${sha256.slice(0, 12)}..., ` +
        `but ${file.sha256.slice(0, 12)}... was expected; delete it and get it again.`,
    )
  }
}

/** The contents of a file, unpacked if its name ends in `.gz`; no more than `limit` bytes. */
async function readPacked(path: string, limit?: number): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw new UserError(`${path} cannot be read (${reason(cause)}); check that it is a file you may read.`, { cause })
  }
  return path.endsWith('.gz') ? await unpacked(bytes, path, limit) : bytes
}

/** The most that a file may unpack to where its size is not published. */
const MOST = 2 ** 31

async function unpacked(bytes: Uint8Array, path: string, limit = MOST): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: limit })
  } catch (cause) {
    const what = reason(cause) === 'ERR_BUFFER_TOO_LARGE' ? 'is not the published file' : 'is cut or no gzip file'
    throw new UserError(`${path} ${what} (${bytes.length} bytes); delete it and get it again.`, { cause })
  }
}
