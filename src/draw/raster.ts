import { inkOf, lineHeight, textWidth } from './letters.js'

/** 8-bit pixels, red, green and blue, interleaved [height, width, 3]. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly channels: 3
  readonly data: Uint8Array
}

export type Colour = readonly [red: number, green: number, blue: number]

export const PAPER: Colour = [255, 255, 255]
export const INK: Colour = [20, 24, 30]
export const SOFT: Colour = [88, 96, 108]
export const RULED: Colour = [205, 210, 216]

/** A rectangle of paper. */
export function blank(width: number, height: number): Raster {
  return { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(PAPER[0]) }
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Fills a box; what lies beyond the raster is left out. */
export function fill(to: Raster, { left, top, width, height }: Box, [red, green, blue]: Colour): void {
  for (let y = Math.max(0, top); y < Math.min(to.height, top + height); y++)
    for (let x = Math.max(0, left); x < Math.min(to.width, left + width); x++)
      to.data.set([red, green, blue], 3 * (y * to.width + x))
}

/** The edge of a box, `thick` pixels wide, around it. */
export function frame(to: Raster, { left, top, width, height }: Box, colour: Colour, thick: number): void {
  const whole = width + 2 * thick
  fill(to, { left: left - thick, top: top - thick, width: whole, height: thick }, colour)
  fill(to, { left: left - thick, top: top + height, width: whole, height: thick }, colour)
  fill(to, { left: left - thick, top, width: thick, height }, colour)
  fill(to, { left: left + width, top, width: thick, height }, colour)
}

export interface Written {
  readonly left: number
  readonly top: number
  /** Pixels of each pixel of a letter. */
  readonly size: number
  readonly colour?: Colour
  /** What of the text stands at `left`. Default: its start. */
  readonly anchor?: 'start' | 'middle' | 'end'
}

/** Writes one line. */
export function write(to: Raster, text: string, { left, top, size, colour = INK, anchor = 'start' }: Written): void {
  const back = { start: 0, middle: 0.5, end: 1 }[anchor] * textWidth(text, size)
  for (const [x, y] of inkOf(text, size))
    fill(to, { left: Math.round(left - back) + x, top: top + y, width: size, height: size }, colour)
}

/** Writes lines below each other; returns their height. */
export function writeLines(to: Raster, lines: readonly string[], at: Written): number {
  for (const [i, line] of lines.entries()) write(to, line, { ...at, top: at.top + i * lineHeight(at.size) })
  return lines.length * lineHeight(at.size)
}

/** Puts an image [C, H, W] of pixels in [0, 1] at a place, each pixel `scale` times as high and as wide. */
export function place(
  to: Raster,
  image: Float32Array,
  [channels, height, width]: readonly [number, number, number],
  { left, top, scale }: { readonly left: number; readonly top: number; readonly scale: number },
): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const plane = (c: number): number => Math.round(255 * image[((channels === 3 ? c : 0) * height + y) * width + x]!)
      const own = { left: left + x * scale, top: top + y * scale, width: scale, height: scale }
      fill(to, own, [plane(0), plane(1), plane(2)])
    }
}

/** A line through points, `thick` pixels wide, with soft edges. */
export function stroke(
  to: Raster,
  points: readonly (readonly [x: number, y: number])[],
  colour: Colour,
  thick: number,
): void {
  for (const [i, [toX, toY]] of points.entries()) {
    const [fromX, fromY] = points[i - 1] ?? points[0]!
    const reach = thick / 2 + 1
    const square = (toX - fromX) ** 2 + (toY - fromY) ** 2
    for (let y = Math.floor(Math.min(fromY, toY) - reach); y <= Math.max(fromY, toY) + reach; y++)
      for (let x = Math.floor(Math.min(fromX, toX) - reach); x <= Math.max(fromX, toX) + reach; x++) {
        const along = square === 0 ? 0 : ((x - fromX) * (toX - fromX) + (y - fromY) * (toY - fromY)) / square
        const near = Math.min(1, Math.max(0, along))
        const far = Math.hypot(x - fromX - near * (toX - fromX), y - fromY - near * (toY - fromY))
        mix(to, x, y, colour, Math.min(1, thick / 2 + 0.5 - far))
      }
  }
}

/** Brings a pixel nearer to a colour by a part from 0 to 1. */
function mix({ width, height, data }: Raster, x: number, y: number, colour: Colour, part: number): void {
  if (part <= 0 || x < 0 || y < 0 || x >= width || y >= height) return
  for (const [c, value] of colour.entries()) {
    const at = 3 * (y * width + x) + c
    data[at] = Math.round(data[at]! + part * (value - data[at]!))
  }
}

/** The colours of series, one after the other; each stands out from paper. */
const SERIES: readonly Colour[] = [
  [59, 95, 201],
  [204, 100, 0],
  [13, 133, 117],
  [201, 60, 60],
  [122, 70, 216],
  [133, 85, 58],
]

export const seriesPaint = (place: number): Colour => SERIES[place % SERIES.length]!
