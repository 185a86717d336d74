import { open, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { UserError } from '../../errors.js'
import { reason } from '../../files.node.js'
import type { ReadProgress } from './content.js'
import { checkFits, mostBytes } from './memory.node.js'

/** Bytes by which every format here is known. */
const HEAD = 512

/** A piece of a file that is read at once: small enough that an interruption is noticed. */
const PIECE = 2 ** 26

const cannot = (path: string, cause: unknown): UserError =>
  new UserError(`${path} cannot be read (${reason(cause)}); check that it is a file you may read.`, { cause })

/** The first bytes of a file, unpacked where it is gzip-compressed; fewer where it is shorter, none of what is no file. */
export async function readHead(path: string): Promise<Uint8Array> {
  try {
    // To open a pipe would wait for somebody who writes into it.
    if (!(await stat(path)).isFile()) return new Uint8Array()
    const file = await open(path)
    try {
      const packed = new Uint8Array(HEAD)
      const { bytesRead } = await file.read(packed, 0, HEAD, 0)
      const head = packed.subarray(0, bytesRead)
      return isGzip(head) ? await unpackedHead(head) : head
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw cannot(path, cause)
  }
}

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b && head[2] === 8

/** What the beginning of a gzip file unpacks to. */
async function unpackedHead(packed: Uint8Array): Promise<Uint8Array> {
  try {
    // The stream is cut here, which is no error: `finishFlush` gives what there is.
    const { constants } = await import('node:zlib')
    return await promisify(gunzip)(packed, { finishFlush: constants.Z_SYNC_FLUSH })
  } catch {
    return packed
  }
}

/** How long the contents of a file may be, unpacked. */
export interface Length {
  /** What its first bytes promise; undefined where they do not tell. */
  readonly promised?: (head: Uint8Array, where: string) => number | undefined
  /** More is refused before it is read. */
  readonly most?: number
}

/**
 * All bytes of a file, unpacked where it is gzip-compressed: no further than its own header promises, where that is
 * read, and no further than `most`. Throws a UserError where it cannot be read, is cut, or does not fit into memory; the reason of the signal
 * where that is aborted.
 */
export async function readBytes(
  path: string,
  { signal, onProgress }: ReadProgress = {},
  length: Length = {},
): Promise<Uint8Array> {
  const { most = Number.POSITIVE_INFINITY } = length
  let bytes: Uint8Array
  try {
    if (!(await stat(path)).isFile()) throw new UserError(`${path} is no file.`)
    const file = await open(path)
    try {
      const { size } = await file.stat()
      if (size > most) throw tooLong(path, size, most)
      // What is read is copied once, into its two splits.
      checkFits(2 * size, path)
      bytes = new Uint8Array(size)
      for (let at = 0; at < bytes.length; ) {
        signal?.throwIfAborted()
        const { bytesRead } = await file.read(bytes, at, Math.min(PIECE, bytes.length - at), at)
        if (bytesRead === 0) throw new UserError(`${path} became shorter while it was read.`)
        at += bytesRead
        onProgress?.(at, bytes.length, path)
      }
    } finally {
      await file.close()
    }
  } catch (cause) {
    signal?.throwIfAborted()
    throw cause instanceof UserError ? cause : cannot(path, cause)
  }
  return isGzip(bytes) ? await unpacked(bytes, path, length) : bytes
}

const tooLong = (path: string, size: number | string, most: number): UserError =>
  new UserError(`${path} has ${size} bytes; at most ${most} can be read: divide it, or take a part`)

/** A header and a trailer around the shortest stream. */
const SHORTEST_GZIP = 20

async function unpacked(packed: Uint8Array, path: string, { promised, most: allowed }: Length): Promise<Uint8Array> {
  const cut = `${path} is cut or damaged: it is no whole gzip file (${packed.length} bytes); get it again.`
  if (packed.length < SHORTEST_GZIP) throw new UserError(cut)
  // The last four bytes of a gzip file are the size of its contents, modulo 2^32.
  const trailer = new DataView(packed.buffer, packed.byteOffset, packed.length).getUint32(packed.length - 4, true)
  const size = promised?.(await unpackedHead(packed.subarray(0, 8 * HEAD)), path)
  checkFits(packed.length + 2 * (size ?? trailer), path)
  // One byte more tells a file that holds more than it promises.
  const most = Math.min(mostBytes(), 2 ** 32, size === undefined ? (allowed ?? Number.POSITIVE_INFINITY) : size + 1)
  try {
    const { buffer, byteOffset, length } = await promisify(gunzip)(packed, { maxOutputLength: most })
    return new Uint8Array(buffer, byteOffset, length)
  } catch (cause) {
    if (reason(cause) !== 'ERR_BUFFER_TOO_LARGE') throw new UserError(cut, { cause })
    if (most === allowed) throw tooLong(path, `more than ${most}`, allowed)
    const what =
      size === undefined || most <= size
        ? 'unpacks to more than may be used of the memory: unpack it yourself, and take fewer samples.'
        : `is too long: its header promises ${size} bytes, and it unpacks to more.`
    throw new UserError(`${path} ${what}`, { cause })
  }
}
