import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Entry, ZipFile } from 'yauzl'
import { UserError } from '../errors.js'
import { reason } from '../files.node.js'

/** No member of a published archive is larger; what promises more is a bomb. */
const MOST = 2 ** 31

/** Loaded where an archive is opened: bundles of programs that open none then need not hold it. */
export const zipLibrary = async (): Promise<typeof import('yauzl')> => (await import('yauzl')).default

/** Opens a ZIP archive, to be closed after use. Throws an Error that says what is wrong with it. */
export async function openZip(path: string): Promise<ZipFile> {
  const { fromRandomAccessReaderPromise, RandomAccessReader } = await zipLibrary()
  const { size } = await stat(path)
  /** A file by its places. yauzl's own throws where nobody can catch it if a damaged archive names a place that is none. */
  class Places extends RandomAccessReader {
    override _readStreamForRange(start: number, end: number): Readable {
      if (start >= 0 && start <= end && end <= size) return createReadStream(path, { start, end: end - 1 })
      const wrong = new Error(`it names byte ${end}, and has ${size}`)
      return new Readable({
        read() {
          this.destroy(wrong)
        },
      })
    }

    override close(callback: (error: Error | null) => void): void {
      callback(null)
    }
  }
  return await fromRandomAccessReaderPromise(new Places(), size, { autoClose: false })
}

/**
 * The members of a ZIP archive that are `wanted`, by the last part of their names. Throws a UserError where the archive
 * is cut, damaged or none.
 */
export async function readZip(path: string, wanted: (name: string) => boolean): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>()
  try {
    const archive = await openZip(path)
    try {
      for await (const entry of archive.eachEntry()) {
        const name = entry.fileName.split('/').at(-1)!
        if (name !== '' && wanted(name)) members.set(name, await readMember(archive, entry))
      }
    } finally {
      archive.close()
    }
  } catch (cause) {
    throw new UserError(`${path} is cut, damaged or no ZIP archive (${reason(cause)}); get it again.`, { cause })
  }
  return members
}

async function readMember(archive: ZipFile, entry: Entry): Promise<Uint8Array> {
  if (entry.uncompressedSize > MOST) throw new Error(`${entry.fileName} promises ${entry.uncompressedSize} bytes`)
  const pieces: Uint8Array[] = []
  // The library holds the stream to the size that the directory of the archive promises.
  for await (const piece of await archive.openReadStreamPromise(entry)) pieces.push(piece as Uint8Array)
  return Buffer.concat(pieces)
}
