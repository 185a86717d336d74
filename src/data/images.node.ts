import { readFile } from 'node:fs/promises'
import { convertIndexedToRgb, decode as decodePng, encode as encodePng } from 'fast-png'
import jpeg from 'jpeg-js'
import { UserError } from '../errors.js'
import { reason, replaceFile } from '../files.node.js'
import type { Picture } from './picture.js'

/** Reads a PNG or JPEG file. Throws a UserError for a file that is neither, is cut, or cannot be read. */
export async function readImage(path: string): Promise<Picture> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    const what = reason(cause) === 'ENOENT' ? 'does not exist' : `cannot be read (${reason(cause)})`
    throw new UserError(`The image ${path} ${what}; name a PNG or JPEG file.`, { cause })
  }
  return decode(bytes, path)
}

/** Writes 8-bit pixels (height x width x channels, interleaved; 1, 3 or 4 channels) as a PNG file. */
export async function writePng(
  path: string,
  image: { width: number; height: number; channels: 1 | 3 | 4; data: Uint8Array },
): Promise<void> {
  replaceFile(path, encodePng({ ...image, depth: 8 }))
}

function decode(bytes: Uint8Array, path: string): Picture {
  const png = bytes[0] === 0x89 && bytes[1] === 0x50
  const jpg = bytes[0] === 0xff && bytes[1] === 0xd8
  if (!png && !jpg) {
    throw new UserError(`The image ${path} is neither PNG nor JPEG (${bytes.length} bytes); convert it to one of them.`)
  }
  try {
    return png ? fromPng(bytes) : fromJpeg(bytes)
  } catch (cause) {
    const what = `is a broken or cut ${png ? 'PNG' : 'JPEG'} file`
    throw new UserError(
      `The image ${path} ${what} (${(cause as Error).message.replace(/[\s:.]+$/, '')}); save it again.`,
      { cause },
    )
  }
}

function fromPng(bytes: Uint8Array): Picture {
  const image = decodePng(bytes, { checkCrc: true })
  const { width, height, palette } = image
  if (palette) {
    const channels = palette[0]!.length
    return { width, height, channels, maximum: 255, data: convertIndexedToRgb(image) }
  }
  const { data, channels, depth } = image
  if (depth >= 8) return { width, height, channels, maximum: 2 ** depth - 1, data }
  return { width, height, channels, maximum: 2 ** depth - 1, data: unpack(data, width, height, depth) }
}

/** One value per element, from rows of grey pixels of 1, 2 or 4 bits that begin at whole bytes. */
function unpack(packed: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const data = new Uint8Array(width * height)
  const rowBytes = Math.ceil((width * depth) / 8)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth
      const byte = packed[y * rowBytes + (bit >> 3)]!
      data[y * width + x] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1)
    }
  }
  return data
}

function fromJpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, tolerantDecoding: false })
  return { width, height, channels: 4, maximum: 255, data }
}
