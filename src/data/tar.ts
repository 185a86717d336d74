import { quoted, UserError } from '../errors.js'

const BLOCK = 512

/**
 * The regular files of a tar archive (POSIX ustar), by the last part of their names; the contents are views into
 * `bytes`. `where` names the archive in messages. Throws a UserError if the archive is cut or none.
 */
export function readTar(bytes: Uint8Array, where: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  const text = (start: number, length: number) => {
    const field = bytes.subarray(start, start + length)
    const end = field.indexOf(0)
    return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end))
  }
  for (let start = 0; ; ) {
    if (start + BLOCK > bytes.length) throw new UserError(`${where} is cut: the tar archive has no end; get it again.`)
    if (bytes[start] === 0) return files
    const size = Number.parseInt(text(start + 124, 12).trim(), 8)
    if (text(start + 257, 5) !== 'ustar' || Number.isNaN(size)) {
      throw new UserError(`${where} is no tar archive: byte ${start} should begin a file header; get it again.`)
    }
    const content = start + BLOCK
    if (content + size > bytes.length) {
      throw new UserError(`${where} is cut: ${quoted(text(start, 100))} ends after the archive does; get it again.`)
    }
    const type = bytes[start + 156]!
    if (type === 0x30 || type === 0) {
      files.set(text(start, 100).split('/').at(-1)!, bytes.subarray(content, content + size))
    }
    start = content + Math.ceil(size / BLOCK) * BLOCK
  }
}
