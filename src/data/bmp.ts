import type { Picture } from './picture.js'

/** Ways in which the pixels of a BMP file are kept. */
const [RGB, RLE8, RLE4, BIT_FIELDS, ALPHA_BIT_FIELDS] = [0, 1, 2, 3, 6]

/** What a BMP file says of itself before its pixels. */
interface Header {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  readonly compression: number
  /** Where the pixels begin. */
  readonly pixels: number
  readonly palette: { readonly at: number; readonly entry: 3 | 4; readonly count: number }
  /** The bits of red, green, blue and alpha in a pixel of 16 or 32 bits. */
  readonly masks: readonly number[]
}

/** Throws an Error where the bytes are no BMP header, or one of a kind that is not read. */
function headerOf(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 26) throw new Error('its header is cut')
  const size = view.getUint32(14, true)
  const core = size === 12
  if (!core && (size < 40 || size > 124 || bytes.length < 14 + size)) throw new Error('its header is cut or unknown')
  const high = core ? view.getInt16(20, true) : view.getInt32(22, true)
  const bits = view.getUint16(core ? 24 : 28, true)
  const compression = core ? RGB! : view.getUint32(30, true)
  const known: Record<number, readonly number[]> = {
    ...{ [RGB!]: [1, 2, 4, 8, 16, 24, 32], [RLE8!]: [8], [RLE4!]: [4] },
    ...{ [BIT_FIELDS!]: [16, 32], [ALPHA_BIT_FIELDS!]: [16, 32] },
  }
  if (!known[compression]?.includes(bits))
    throw new Error(`pixels of ${bits} bits in the compression ${compression} are not read`)
  const own = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS
  const maskAt = (i: number): number => (54 + 4 * i + 4 <= bytes.length ? view.getUint32(54 + 4 * i, true) : 0)
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0]
  const hasAlpha = size >= 56 || compression === ALPHA_BIT_FIELDS
  const after = own && size === 40 ? (compression === BIT_FIELDS ? 12 : 16) : 0
  const told = core ? 0 : view.getUint32(46, true)
  return {
    width: core ? view.getUint16(18, true) : view.getInt32(18, true),
    height: Math.abs(high),
    topDown: high < 0,
    ...{ bits, compression },
    pixels: view.getUint32(10, true),
    palette: {
      at: 14 + size + after,
      entry: core ? 3 : 4,
      count: bits > 8 ? 0 : Math.min(told || 2 ** bits, 2 ** bits),
    },
    masks: own ? [maskAt(0), maskAt(1), maskAt(2), hasAlpha ? maskAt(3) : 0] : usual,
  }
}

/** Width and height of a BMP file. Throws an Error where its header is none that is read. */
export function bmpSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const { width, height } = headerOf(bytes)
  if (width < 1 || height < 1) throw new Error('it has no pixels')
  return { width, height }
}

/** Decodes a BMP file to RGBA. Throws an Error where it is cut or damaged. */
export function decodeBmp(bytes: Uint8Array): Picture & { readonly data: Uint8Array } {
  const header = headerOf(bytes)
  const { width, height, topDown, bits, compression } = header
  const data = new Uint8Array(width * height * 4)
  const rowOf = (line: number): number => (topDown ? line : height - 1 - line) * width * 4
  const packed = compression === RLE8 || compression === RLE4
  const indexed = packed ? unrolled(bytes, header) : undefined
  const stride = Math.ceil((width * bits) / 32) * 4
  if (!packed && bytes.length < header.pixels + stride * height)
    throw new Error(`it holds ${bytes.length} bytes and needs ${header.pixels + stride * height}`)
  const colour = bits <= 8 ? fromPalette(bytes, header) : fromMasks(bytes, header)
  for (let line = 0; line < height; line++)
    for (let x = 0; x < width; x++) {
      const start = header.pixels + line * stride
      const place = indexed ? indexed[line * width + x]! : pixelAt(bytes, start, x, bits)
      colour(place, data, rowOf(line) + 4 * x)
    }
  return { width, height, channels: 4, maximum: 255, data }
}

/** An index of up to 8 bits, or the place of a pixel of more. */
function pixelAt(bytes: Uint8Array, start: number, x: number, bits: number): number {
  if (bits > 8) return start + (x * bits) / 8
  const bit = x * bits
  return (bytes[start + (bit >> 3)]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1)
}

type Colour = (from: number, to: Uint8Array, at: number) => void

function fromPalette(bytes: Uint8Array, { palette: { at, entry, count } }: Header): Colour {
  if (bytes.length < at + entry * count) throw new Error('its palette is cut')
  return (index, to, place) => {
    // Some writers keep fewer colours than they use: what is missing is black.
    const from = at + entry * index
    const known = index < count
    for (let i = 0; i < 3; i++) to[place + i] = known ? bytes[from + 2 - i]! : 0
    to[place + 3] = 255
  }
}

function fromMasks(bytes: Uint8Array, { bits, masks }: Header): Colour {
  if (bits === 24)
    return (from, to, at) => {
      for (let i = 0; i < 3; i++) to[at + i] = bytes[from + 2 - i]!
      to[at + 3] = 255
    }
  const parts = masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)
    return { mask, shift, most: mask >>> shift }
  })
  return (from, to, at) => {
    let pixel = bytes[from]! | (bytes[from + 1]! << 8)
    if (bits === 32) pixel |= (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24)
    for (let i = 0; i < 4; i++) {
      const { mask, shift, most } = parts[i]!
      to[at + i] = most === 0 ? (i === 3 ? 255 : 0) : Math.round((255 * ((pixel & mask) >>> shift)) / most)
    }
  }
}

/** The indices of a run-length encoded file, line after line as they are kept; what it skips is colour 0. */
function unrolled(bytes: Uint8Array, { width, height, bits, pixels }: Header): Uint8Array {
  const indices = new Uint8Array(width * height)
  let [x, line, at] = [0, 0, pixels]
  const next = (): number => {
    if (at >= bytes.length) throw new Error('its pixels are cut')
    return bytes[at++]!
  }
  const put = (index: number): void => {
    if (x < width && line < height) indices[line * width + x] = index
    x++
  }
  while (line < height) {
    const [count, value] = [next(), next()]
    if (count > 0) for (let i = 0; i < count; i++) put(bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15)
    else if (value === 0) [x, line] = [0, line + 1]
    else if (value === 1) break
    else if (value === 2) [x, line] = [x + next(), line + next()]
    else {
      const start = at
      for (let i = 0, pair = 0; i < value; i++) {
        if (bits === 8) put(next())
        else {
          if (i % 2 === 0) pair = next()
          put(i % 2 === 0 ? pair >> 4 : pair & 15)
        }
      }
      // A run of its own ends at an even place.
      if ((at - start) % 2 === 1) next()
    }
  }
  return indices
}
