import { createHash, randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UserError } from './errors.js'

/** What writing needs of a file system; tests bring one that fails. */
export type Files = Pick<
  typeof fs,
  'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'renameSync' | 'rmSync' | 'ftruncateSync'
>

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'the quota of this disk is used up: free some space',
  EFBIG: 'files may not grow that large here: allow larger ones',
  ENOENT: 'its folder does not exist or takes no new files: make it, or choose another one',
  EACCES: 'this user may not write there: choose another folder',
  EPERM: 'this user may not write there: choose another folder',
  EROFS: 'the disk is read-only: choose another folder',
  EISDIR: 'there is a folder of that name: choose another one',
  EEXIST: 'there is a file of that name: choose another folder',
  ENOTDIR: 'a part of that path is a file: choose another folder',
  EIO: 'the disk reports an error: choose another one',
}

/** The code of a system error, or its message. */
export function reason(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  return String(code ?? message ?? error)
}

/** A UserError for a failed access to a file: what could not be done, why, and what to do. */
export function fileError(what: string, error: unknown): UserError {
  const { code = '', message } = error as NodeJS.ErrnoException
  return new UserError(`${what}: ${REASONS[code] ?? message}${code ? ` (${code})` : ''}`, { cause: error })
}

/** What a JSON file of ours holds. Throws a UserError where it cannot be read or is damaged. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(path, 'utf8'))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw fileError(`${path} could not be read`, error)
    throw new UserError(`${path} is damaged: it is no JSON. Take a copy of it that is whole`, { cause: error })
  }
}

/** SHA-256, in hexadecimal. */
export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The same of a file, read piece by piece. */
export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of fs.createReadStream(path)) hash.update(piece as Uint8Array)
  return hash.digest('hex')
}

/** The bytes of a file; undefined where there is none, or where nobody may look. */
export function sizeOfFile(path: string): number | undefined {
  try {
    const stats = fs.statSync(path)
    return stats.isFile() ? stats.size : undefined
  } catch {
    return undefined
  }
}

const MARKS: readonly (readonly [encoding: string, ...bytes: number[]])[] = [
  ['utf-8', 0xef, 0xbb, 0xbf],
  ['utf-16le', 0xff, 0xfe],
  ['utf-16be', 0xfe, 0xff],
]

/**
 * Text of a file: UTF-8, or what its byte order mark says, as editors and shells of Windows write it. The mark goes.
 * `fatal`: throws a TypeError where bytes are no text, in place of putting a sign for them.
 */
export function textOf(bytes: Uint8Array, { fatal = false } = {}): string {
  const [encoding = 'utf-8'] = MARKS.find(([, ...mark]) => mark.every((byte, i) => bytes[i] === byte)) ?? []
  return new TextDecoder(encoding, { fatal }).decode(bytes)
}

/**
 * Makes a folder and those above it, if they are not there. Throws a UserError if that fails. (Node's own option
 * `recursive` tries for ever below a folder that takes no new ones and says that they do not exist, as /proc does.)
 */
export function makeFolder(path: string): void {
  const above = dirname(path)
  if (above !== path && !fs.existsSync(above)) makeFolder(above)
  try {
    fs.mkdirSync(path)
  } catch (error) {
    if (!fs.existsSync(path) || !fs.statSync(path).isDirectory())
      throw fileError(`the folder ${path} could not be made`, error)
  }
}

/** Writes all of the bytes; one call may take only a part of them. */
function writeAll(file: number, bytes: Uint8Array, files: Files): void {
  for (let done = 0; done < bytes.length; ) done += files.writeSync(file, bytes, done, bytes.length - done)
}

/** No two processes write into the same part: one that was stopped for long may go on beside its successor. */
const MARK = randomUUID().slice(0, 8)

/** Where a file gathers before it takes its name. */
export const partOf = (path: string): string => join(dirname(path), `.${basename(path)}.${MARK}.part`)

/** Deletes what processes that were killed left of these files in a folder. Others may be being written. */
export function clearParts(folder: string, files: readonly string[]): void {
  for (const name of fs.readdirSync(folder)) {
    const of = /^\.(.+)\.[0-9a-f]{8}\.part$/.exec(name)?.[1]
    if (of !== undefined && files.includes(of)) fs.rmSync(join(folder, name), { force: true })
  }
}

/**
 * Replaces a file, all of it or nothing: the bytes go to a file beside it, to the disk itself, and then take its name,
 * after a last `check` that may throw. `mode` says who may read it. Throws a UserError if that fails; what was there
 * before is then still there.
 */
export function replaceFile(
  path: string,
  bytes: Uint8Array,
  { files = fs, check = () => undefined, mode = 0o666 }: { files?: Files; check?: () => void; mode?: number } = {},
): void {
  const part = partOf(path)
  try {
    const file = files.openSync(part, 'w', mode)
    try {
      writeAll(file, bytes, files)
      files.fsyncSync(file)
    } finally {
      files.closeSync(file)
    }
    check()
    files.renameSync(part, path)
  } catch (error) {
    files.rmSync(part, { force: true })
    if (error instanceof UserError) throw error
    const before = fs.existsSync(path) ? ' and is as it was before' : ''
    throw fileError(`${path} could not be written${before}`, error)
  }
  syncFolder(dirname(path), files)
}

/** So that the new name outlives a power cut; some systems cannot do this to a folder. */
function syncFolder(folder: string, files: Files): void {
  try {
    const file = files.openSync(folder, 'r')
    files.fsyncSync(file)
    files.closeSync(file)
  } catch {
    // The file itself is whole either way.
  }
}

export interface Journal {
  /** Adds one line, whole or not at all. */
  add(line: string): void
  /** Returns when all lines are on the disk itself, where they outlive a power cut. */
  sync(): void
  close(): void
}

/** A file of lines to add to. What a crash left of a last line is cut off first. */
export function openJournal(path: string, files: Files = fs): Journal {
  let length = 0
  let file: number
  try {
    if (fs.existsSync(path)) {
      const text = fs.readFileSync(path)
      length = text.lastIndexOf(0x0a) + 1
      if (length < text.length) fs.truncateSync(path, length)
    }
    file = files.openSync(path, 'a')
  } catch (error) {
    throw fileError(`${path} could not be opened`, error)
  }
  return {
    add(line) {
      const bytes = new TextEncoder().encode(`${line}\n`)
      try {
        writeAll(file, bytes, files)
        length += bytes.length
      } catch (error) {
        try {
          files.ftruncateSync(file, length)
        } catch {
          // A disk that takes no bytes may not give any back either; whoever opens the file next cuts a last half line.
        }
        throw fileError(`${path} could not be written`, error)
      }
    },
    sync() {
      try {
        files.fsyncSync(file)
      } catch (error) {
        throw fileError(`${path} could not be written`, error)
      }
    },
    close: () => files.closeSync(file),
  }
}
