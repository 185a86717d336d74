import type { ImageShape } from './image-shape.js'
import { borderMean, type Plane } from './picture.js'

/**
 * How images of ink on a plain ground lie: what a picture of one's own must be brought to. Found in the training split,
 * for sets of grey images whose borders are nearly all dark, or nearly all light.
 */
export interface Ground {
  readonly level: 'dark' | 'light'
  /** The longer side of the ink's box, in pixels: the median. */
  readonly side: number
  /** Nine in ten of the images have one from `sides[0]` to `sides[1]`. */
  readonly sides: readonly [number, number]
  /** What lies in the middle of the image: the ink's centre of mass, or that of its box. */
  readonly centre: 'mass' | 'box'
  /** So far from the middle, in pixels, lies the centre of 95 in a hundred of the images at most. */
  readonly away: number
}

/** A border is dark up to this mean, light from one minus it. */
const PLAIN = 0.1

/** So many of the images must have such a border. */
const MOST = 0.9

/** As many images as are looked at, evenly spread over the split. */
const LOOKED_AT = 2000

/** Ink is what differs from the ground by more than this. */
export const INK = 0.25

interface Images {
  /** [count, ...shape], in levels. */
  readonly inputs: ArrayLike<number>
  readonly count: number
}

/** The ground of images; undefined where they are not grey, or their borders are not of one kind. */
export function groundOf({ inputs, count }: Images, shape: ImageShape, levels: number): Ground | undefined {
  if (shape[0] !== 1 || count === 0) return undefined
  const all = Math.min(count, LOOKED_AT)
  const planes = Array.from({ length: all }, (_, i) => planeOf(inputs, Math.floor((i * count) / all), shape, levels))
  const borders = planes.map(borderMean)
  const dark = borders.filter((mean) => mean <= PLAIN).length
  const light = borders.filter((mean) => mean >= 1 - PLAIN).length
  if (Math.max(dark, light) < MOST * planes.length) return undefined
  const level = dark >= light ? 'dark' : 'light'
  const inks = planes.flatMap((plane) => inkOf(level === 'dark' ? plane : complement(plane), INK) ?? [])
  if (inks.length === 0) return undefined
  const [, height, width] = shape
  const away = (at: 'mass' | 'box'): number[] =>
    inks.map((ink) => Math.hypot(ink[at].x - width / 2, ink[at].y - height / 2))
  const centre = median(away('mass')) < median(away('box')) ? 'mass' : 'box'
  const sides = inks.map(({ box }) => Math.max(box.width, box.height))
  return {
    level,
    side: median(sides),
    sides: [quantile(sides, 0.05), quantile(sides, 0.95)],
    centre,
    away: quantile(away(centre), 0.95),
  }
}

function planeOf(inputs: ArrayLike<number>, place: number, [, height, width]: ImageShape, levels: number): Plane {
  const size = height * width
  // A loop: `Float32Array.from` takes ten times as long, and every start of a training looks at thousands of images.
  const values = new Float32Array(size)
  for (let i = 0; i < size; i++) values[i] = inputs[place * size + i]! / (levels - 1)
  return { width, height, values }
}

export const complement = ({ width, height, values }: Plane): Plane => ({
  width,
  height,
  values: values.map((value) => 1 - value),
})

/** Where the ink of an image lies, in pixels from its left upper corner. */
export interface Ink {
  /** Around every pixel of ink; x and y are its middle. */
  readonly box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  /** The centre of mass of the ink. */
  readonly mass: { readonly x: number; readonly y: number }
}

/** The ink of a plane of light ink on black; undefined where no pixel is above `least`. */
export function inkOf({ width, height, values }: Plane, least: number): Ink | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1]
  let [sum, x, y] = [0, 0, 0]
  for (let row = 0, i = 0; row < height; row++)
    for (let column = 0; column < width; column++, i++) {
      const value = values[i]!
      sum += value
      x += value * (column + 0.5)
      y += value * (row + 0.5)
      if (value <= least) continue
      left = Math.min(left, column)
      right = Math.max(right, column)
      top = Math.min(top, row)
      bottom = row
    }
  if (right < 0) return undefined
  return {
    box: { x: (left + right + 1) / 2, y: (top + bottom + 1) / 2, width: right - left + 1, height: bottom - top + 1 },
    mass: { x: x / sum, y: y / sum },
  }
}

/** The number that this share of the others lies below. */
function quantile(numbers: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(numbers).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}

/** The one in the middle, by size. */
export const median = (numbers: Iterable<number>): number => quantile(numbers, 0.5)
