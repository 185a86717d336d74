import { crc32 } from 'node:zlib'
import type { Entry, ZipFile } from 'yauzl'
import { isPlain, quoted, UserError } from '../../../errors.js'
import { openZip, zipLibrary } from '../../zip.node.js'
import type { Arrays, NamedArray, Reader, ReadProgress } from '../content.js'
import { readBytes } from '../file.node.js'
import { checkFits } from '../memory.node.js'
import { isText, readNpy, readTexts } from './npy.js'

/** Several arrays of NumPy by their names: a ZIP archive of NPY files, stored or deflated. */
export const npzReader: Reader = {
  format: 'NPZ',
  recognises: (path) => /\.npz(\.gz)?$/i.test(path),
  async read(path, _options, progress) {
    return { what: 'NPZ', train: await readArchive(path, progress) }
  },
}

/** Deflate makes no more of a byte. */
const MOST_UNPACKED = 1032

const CLASSES = /^(classes|class_?names?|label_?names?|names|categories)$/i

async function readArchive(path: string, progress: ReadProgress = {}): Promise<Arrays> {
  const zip = await opened(path, progress).catch((cause) => {
    throw damaged(path, cause)
  })
  try {
    const entries = await entriesOf(zip, path)
    const all = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
    checkFits(all, path)
    const arrays: NamedArray[] = []
    let classes: readonly string[] | undefined
    let done = 0
    for (const entry of entries) {
      const name = entry.fileName.slice(0, -ENDING.length)
      const where = `${name} in ${path}`
      const bytes = await unpacked(zip, entry, where, progress.signal)
      if (CLASSES.test(name) && isText(bytes, where)) classes = readTexts(bytes, where)
      else arrays.push({ name, ...readNpy(bytes, where) })
      done += bytes.length
      progress.onProgress?.(done, all, path)
    }
    return { kind: 'arrays', arrays, ...(classes && { classes }) }
  } catch (cause) {
    progress.signal?.throwIfAborted()
    throw damaged(path, cause)
  } finally {
    zip.close()
  }
}

const ENDING = '.npy'

async function opened(path: string, progress: ReadProgress): Promise<ZipFile> {
  if (!/\.gz$/i.test(path)) return await openZip(path)
  const { buffer, byteOffset, length } = await readBytes(path, progress)
  return await (await zipLibrary()).fromBufferPromise(Buffer.from(buffer, byteOffset, length))
}

const damaged = (path: string, cause: unknown): UserError =>
  cause instanceof UserError
    ? cause
    : new UserError(`${path} is cut or damaged: it is no whole ZIP archive (${(cause as Error).message}).`, { cause })

/** The NPY files of the archive, by what its directory says of them. */
async function entriesOf(zip: ZipFile, path: string): Promise<Entry[]> {
  const entries: Entry[] = []
  const names = new Set<string>()
  for await (const entry of zip.eachEntry()) {
    const { fileName: name, compressedSize, uncompressedSize } = entry
    if (!name.endsWith(ENDING)) continue
    if (!isPlain(name)) throw new UserError(`${path} is damaged: it holds an array of the name ${quoted(name)}.`)
    if (names.has(name)) throw new UserError(`${path} holds two arrays of the name ${name.slice(0, -ENDING.length)}.`)
    if (uncompressedSize > compressedSize * MOST_UNPACKED)
      throw new UserError(
        `${path} is damaged: it promises ${uncompressedSize} bytes of ${name}, which its ${compressedSize} packed ones cannot hold.`,
      )
    names.add(name)
    entries.push(entry)
  }
  if (entries.length === 0) throw new UserError(`${path} holds no arrays: none of its files ends in ${ENDING}.`)
  return entries
}

async function unpacked(
  zip: ZipFile,
  entry: Entry,
  where: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(entry.uncompressedSize)
  let at = 0
  for await (const chunk of await zip.openReadStreamPromise(entry)) {
    signal?.throwIfAborted()
    bytes.set(chunk as Uint8Array, at)
    at += (chunk as Uint8Array).length
  }
  if (at !== bytes.length || crc32(bytes) !== entry.crc32)
    throw new UserError(`${where} is damaged: its bytes do not have the checksum that the archive keeps.`)
  return bytes
}
