import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Metadata, Sharp } from 'sharp'
import { UserError } from '../errors.js'
import { reason, replaceFile } from '../files.node.js'
import { bmpSize, decodeBmp } from './bmp.js'
import type { Picture } from './picture.js'
import { FORMATS, formatOf } from './picture-formats.js'

/** A picture that was read from a file: what it shows, and how large the file has it. */
export interface ReadImage extends Picture {
  /** In the file, upright. */
  readonly full: NonNullable<Picture['full']>
  /** What was done to it on the way, for people. */
  readonly notes: readonly string[]
}

/** A larger picture is refused by its header, before any of it is decoded. */
const MOST_PIXELS = 64e6

/** Of JPEG files whose lines stand one after the other: they are made smaller while they are read, in little memory. */
const MOST_JPEG_PIXELS = 400e6

/** On one side: many lines are held at a time, and few pixels in lines of millions took 1.6 GB. */
const MOST_SIDE = 65_535

/** Of BMP files, which are decoded here and not by the library. */
const MOST_BMP_PIXELS = 25e6

/** A larger picture is brought to this size on its longer side while it is read: enough to find a digit in it. */
const SIDE = 512

/** The side to read a picture with that is to become an image of this shape: fine enough to be resized once more. */
export const sideFor = (shape: readonly number[]): number => Math.max(SIDE, 2 * Math.max(...shape.slice(-2)))

/** So many bytes tell the format. */
const HEAD = 32

/** A file of a picture is refused before it is read if it is larger. */
const MOST_BYTES = 2 ** 30

/**
 * Reads a picture, upright (EXIF), in sRGB (ICC, CMYK), the first of several frames, at most `side` pixels on its longer
 * side (default: 512; see `sideFor`). Throws a UserError for a file that is of no known format, is cut, too large, or cannot be read.
 */
export async function readImage(path: string, side = SIDE): Promise<ReadImage> {
  let head: Uint8Array
  let size: number
  try {
    ;({ head, size } = headOf(path))
  } catch (cause) {
    const what = reason(cause) === 'ENOENT' ? 'does not exist' : `cannot be read (${reason(cause)})`
    throw new UserError(`The image ${path} ${what}; name a ${FORMATS} file.`, { cause })
  }
  return await decoded({ head, size, input: path, bytes: () => readFile(path) }, path, side)
}

/** The same from the bytes of a file; `name` is what messages call it. */
export async function decodeImage(bytes: Uint8Array, name: string, side = SIDE): Promise<ReadImage> {
  return await decoded(
    { head: bytes.subarray(0, HEAD), size: bytes.length, input: bytes, bytes: () => bytes },
    name,
    side,
  )
}

/** The first bytes of a file, and how many it has. */
function headOf(path: string): { readonly head: Uint8Array; readonly size: number } {
  // To open a pipe would wait for somebody who writes into it.
  if (!statSync(path).isFile()) throw new Error('it is no file')
  const file = openSync(path, 'r')
  try {
    const head = new Uint8Array(HEAD)
    return { head: head.subarray(0, readSync(file, head, 0, HEAD, 0)), size: fstatSync(file).size }
  } finally {
    closeSync(file)
  }
}

/** A file, or its bytes: the library reads a file by itself, piece by piece. */
interface Encoded {
  readonly head: Uint8Array
  readonly size: number
  readonly input: Uint8Array | string
  bytes(): Uint8Array | Promise<Uint8Array>
}

async function decoded(encoded: Encoded, name: string, side: number): Promise<ReadImage> {
  const { head, size } = encoded
  const format = formatOf(head)
  if (!format)
    throw new UserError(`The image ${name} is neither ${FORMATS} (${size} bytes); convert it to one of them.`)
  if (size > MOST_BYTES) throw new UserError(`The image ${name} has ${size} bytes, at most ${MOST_BYTES} are read.`)
  try {
    if (format === 'BMP') return await fromBmp(await encoded.bytes(), name, side)
    return await fromSharp(encoded.input, format, name, side)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    // The first line says it; the library may add its own hints, and its name.
    const [why = ''] = (cause as Error).message.split('\n')
    const short = why.replace(/^(Vips\w+|\w+load\w*): /i, '').replace(/[\s:.]+$/, '')
    throw new UserError(`The image ${name} is a broken or cut ${format} file (${short}); save it again.`, { cause })
  }
}

interface Pixels {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3 | 4
  readonly data: Uint8Array
}

/** 8-bit pixels (height x width x channels, interleaved; 1, 3 or 4 channels) as a PNG file. */
export async function pngOf({ data, ...raw }: Pixels): Promise<Uint8Array> {
  const sharp = await library()
  const pipeline = sharp(data, { raw })
  return await (raw.channels === 1 ? pipeline.toColourspace('b-w') : pipeline).png().toBuffer()
}

/** Writes pixels as a PNG file. */
export async function writePng(path: string, image: Pixels): Promise<void> {
  replaceFile(path, await pngOf(image))
}

/** Loaded at its first use: most commands read no picture. */
async function library() {
  const { default: sharp } = await import('sharp')
  // Pictures are read side by side, each in one thread; none is read twice.
  sharp.concurrency(1)
  sharp.cache(false)
  return sharp
}

function checkPixels(name: string, width: number, height: number, most: number): void {
  if (width * height <= most && Math.max(width, height) <= MOST_SIDE) return
  const millions = (pixels: number): string => (pixels / 1e6).toFixed(0)
  throw new UserError(
    `The image ${name} has ${width} x ${height} pixels, ${millions(width * height)} million; at most ` +
      `${millions(most)} million are read, ${MOST_SIDE} on a side: save it smaller.`,
  )
}

async function fromBmp(bytes: Uint8Array, name: string, side: number): Promise<ReadImage> {
  const full = bmpSize(bytes)
  checkPixels(name, full.width, full.height, MOST_BMP_PIXELS)
  const { data } = decodeBmp(bytes)
  const sharp = await library()
  return { ...(await pixelsOf(sharp(data, { raw: { ...full, channels: 4 } }), side)), full, notes: [] }
}

async function fromSharp(input: Uint8Array | string, format: string, name: string, side: number): Promise<ReadImage> {
  const sharp = await library()
  // A JPEG whose data end early is only warned of; other formats are warned of for harmless things.
  const failOn = format === 'JPEG' ? 'warning' : 'error'
  const source = sharp(input, { limitInputPixels: false, failOn, pages: 1 })
  const told = await source.metadata()
  const most = format === 'JPEG' && !told.isProgressive ? MOST_JPEG_PIXELS : MOST_PIXELS
  checkPixels(name, told.width, told.height, most)
  if (!/^u?char|^u?short/.test(told.depth))
    throw new UserError(
      `The image ${name} holds numbers (${told.depth}) in place of shades; save it with 8 or 16 bits.`,
    )
  return { ...(await pixelsOf(source.autoOrient(), side)), full: uprightSize(told), notes: notesOn(told) }
}

/** Pixels in sRGB, made smaller while they are decoded. */
async function pixelsOf(source: Sharp, side: number): Promise<Picture> {
  const { data, info } = await source
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true, kernel: 'linear' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  return { width, height, channels, maximum: 255, data }
}

const isTurned = ({ orientation = 1 }: Metadata): boolean => orientation >= 5

const uprightSize = (told: Metadata) =>
  isTurned(told) ? { width: told.height, height: told.width } : { width: told.width, height: told.height }

function notesOn({ orientation = 1, pages = 1 }: Metadata): string[] {
  return [
    ...(orientation > 1 ? ['turned upright, as its EXIF tag says'] : []),
    ...(pages > 1 ? [`the first of its ${pages} frames`] : []),
  ]
}
