import { type Entry, openPromise, type ZipFile } from 'yauzl'
import { UserError } from '../errors.js'
import { reason } from '../files.node.js'

/** No member of a published archive is larger; what promises more is a bomb. */
const MOST = 2 ** 31

/**
 * The members of a ZIP archive that are `wanted`, by the last part of their names. Throws a UserError where the archive
 * is cut, damaged or none.
 */
export async function readZip(path: string, wanted: (name: string) => boolean): Promise<Map<string, Uint8Array>> {
  const members = new Map<string, Uint8Array>()
  try {
    const archive = await openPromise(path)
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
