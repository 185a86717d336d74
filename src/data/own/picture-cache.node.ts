import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { hashOf, makeFolder, replaceFile } from '../../files.node.js'
import { withLock } from '../../lock.node.js'
import { cacheFolder } from '../cache.node.js'
import type { OwnOptions, Pictures, ReadProgress } from './content.js'
import type { Pixels } from './decode.node.js'

/** Of what is kept and of how it is made: another one is made anew. */
const VERSION = 1

const header = z.object({
  shape: z.tuple([z.int().min(1), z.int().min(1), z.int().min(1)]),
  notes: z.array(z.string()),
  sha256: z.string(),
})

/**
 * The pixels of these files as `decode` gives them: from the cache where the same files (by path, size and times
 * of their last change) were decoded with the same options before; else decoded, and kept whole or not at all. Two
 * processes that want the same decode it once.
 */
export async function keptPixels(
  files: Pictures['files'],
  options: Pick<OwnOptions, 'size' | 'colour'>,
  { signal }: ReadProgress,
  decode: () => Promise<Pixels>,
): Promise<Pixels> {
  const path = placeOf(files, options)
  const kept = path && read(path, files.length)
  if (kept) return kept
  if (path === undefined) return await decode()
  let isLocked = false
  const decodeAndKeep = async (): Promise<Pixels> => {
    isLocked = true
    // Whoever held the lock may have made it.
    const made = read(path, files.length)
    if (made) return made
    const pixels = await decode()
    keep(path, pixels)
    return pixels
  }
  try {
    return await withLock(`${path}.lock`, decodeAndKeep, { signal })
  } catch (error) {
    // No right to write there, or a full disk: what cannot be kept needs no lock either.
    if (isLocked || signal?.aborted) throw error
    return await decode()
  }
}

/** The file of the cache; undefined where there is no place for one. */
function placeOf(files: Pictures['files'], options: Pick<OwnOptions, 'size' | 'colour'>): string | undefined {
  const hash = createHash('sha256').update(JSON.stringify([VERSION, options.size, options.colour]))
  try {
    for (const { path } of files) {
      // Whoever copies a file may set the time of its change back; the system alone sets the other one.
      const { size, mtimeMs, ctimeMs } = statSync(path)
      hash.update(JSON.stringify([resolve(path), size, mtimeMs, ctimeMs]))
    }
    const path = join(cacheFolder(), 'pictures', hash.digest('hex').slice(0, 32))
    makeFolder(dirname(path))
    return path
  } catch {
    // No folder, no right to write: the pictures are decoded anew each time. Of one that is gone the decoder tells.
    return undefined
  }
}

/** A header, its length before it, and the pixels. Undefined where nothing is kept, or it is damaged. */
function read(path: string, count: number): Pixels | undefined {
  try {
    const bytes = readFileSync(path)
    const end = 4 + bytes.readUInt32LE(0)
    const { shape, notes, sha256 } = header.parse(JSON.parse(bytes.toString('utf8', 4, end)))
    const pixels = new Uint8Array(bytes.buffer, bytes.byteOffset + end, bytes.length - end)
    const isWhole = pixels.length === count * shape[0] * shape[1] * shape[2]
    return isWhole && hashOf(pixels) === sha256 ? { shape, notes, pixels } : undefined
  } catch {
    return undefined
  }
}

function keep(path: string, { shape, notes, pixels }: Pixels): void {
  const head = Buffer.from(JSON.stringify({ shape, notes, sha256: hashOf(pixels) }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  try {
    replaceFile(path, Buffer.concat([length, head, pixels]))
  } catch {
    // A full disk: what was decoded is used all the same.
  }
}
