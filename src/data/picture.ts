import type { ImageShape } from './image-shape.js'

/** A decoded picture: interleaved pixels [height, width, channels]: grey, grey and alpha, RGB, or RGB and alpha. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly channels: number
  /** The value of a full pixel. */
  readonly maximum: number
  readonly data: ArrayLike<number>
  /** Its size before it was read smaller. */
  readonly full?: { readonly width: number; readonly height: number }
}

/** How a picture of other proportions is brought to a shape. */
export const WHOLE_FITS = ['contain', 'cover', 'stretch'] as const

/**
 * `contain`: whole, with a margin of its border's mean; `cover`: its middle, what sticks out is cut off; `stretch`:
 * whole, with other proportions.
 */
export type WholeFit = (typeof WHOLE_FITS)[number]

export interface ShapeOptions {
  /** Swap light and dark: for ink on white paper, where the data set has light ink on black. */
  readonly invert?: boolean
  /** Default: `contain`. */
  readonly fit?: WholeFit
}

/** One value of every pixel, [height, width], from 0 (dark) to 1. */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
}

/** A rectangle in the places of a plane, which may reach beyond it. */
export interface Region {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The picture of an `ImageData` of a page: RGBA, from the page's own decoder. */
export const fromImageData = ({ width, height, data }: Pick<Picture, 'width' | 'height' | 'data'>): Picture => ({
  ...{ width, height, data },
  channels: 4,
  maximum: 255,
})

/**
 * A picture as one image of `shape` ([1 or 3, height, width]), from 0 to 1: transparency laid on a ground (see
 * `groundBelow`), colour to grey by the weights of ITU-R BT.601, brought to the shape's proportions by `fit`, and
 * resized by area (larger pictures) or bilinearly (smaller ones).
 */
export function toShape(
  picture: Picture,
  [channels, height, width]: ImageShape,
  { invert = false, fit = 'contain' }: ShapeOptions = {},
): Float32Array {
  const region = regionFor(picture, width / height, fit)
  const image = new Float32Array(channels * height * width)
  for (const [channel, plane] of toPlanes(picture, channels).entries())
    image.set(
      resampled(plane, region, height, width, fit === 'contain' ? borderMean(plane) : 0),
      channel * height * width,
    )
  return invert ? image.map((value) => 1 - value) : image
}

/** The part of a picture that becomes an image of these proportions (width by height), in whole pixels. */
function regionFor({ width, height }: Picture, proportions: number, fit: WholeFit): Region {
  if (fit === 'stretch') return { left: 0, top: 0, width, height }
  const pick = fit === 'contain' ? Math.max : Math.min
  const wide = pick(width, Math.max(1, Math.round(height * proportions)))
  const high = pick(height, Math.max(1, Math.round(width / proportions)))
  return { left: Math.ceil((width - wide) / 2), top: Math.ceil((height - high) / 2), width: wide, height: high }
}

export function borderMean({ width, height, values }: Plane): number {
  let [sum, count] = [0, 0]
  for (let y = 0; y < height; y++) {
    const step = y === 0 || y === height - 1 ? 1 : Math.max(1, width - 1)
    for (let x = 0; x < width; x += step, count++) sum += values[y * width + x]!
  }
  return sum / count
}

/** How opaque a picture is: the share of its area that is drawn, and the mean light of what is drawn. */
export function drawnOf({ width, height, channels, maximum, data }: Picture): { share: number; light: number } {
  const pixels = width * height
  if (channels % 2 === 1) return { share: 1, light: 0.5 }
  let [opacity, light] = [0, 0]
  for (let at = 0; at < pixels * channels; at += channels) {
    const own = data[at + channels - 1]! / maximum
    opacity += own
    if (own > 0) light += (own * greyAt(data, at, channels)) / maximum
  }
  return { share: opacity / pixels, light: opacity > 0 ? light / opacity : 0.5 }
}

/**
 * What transparency is laid on: white (1), as viewers do; black (0) where a light drawing on a transparent ground would
 * vanish on white.
 */
export function groundBelow(picture: Picture): 0 | 1 {
  const { share, light } = drawnOf(picture)
  return share < 0.5 && light > 0.5 ? 0 : 1
}

const greyAt = (data: ArrayLike<number>, at: number, channels: number): number =>
  channels < 3 ? data[at]! : 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!

/** The picture's planes: one grey one, or red, green and blue. */
export function toPlanes(picture: Picture, wanted: number): Plane[] {
  const { width, height, channels, maximum, data } = picture
  const alpha = channels % 2 === 0
  const below = alpha ? groundBelow(picture) : 1
  return Array.from({ length: wanted }, (_, channel) => {
    const values = new Float32Array(width * height)
    for (let pixel = 0, at = 0; pixel < values.length; pixel++, at += channels) {
      const opacity = alpha ? data[at + channels - 1]! / maximum : 1
      const own = wanted === 1 ? greyAt(data, at, channels) : data[at + (channels < 3 ? 0 : channel)]!
      values[pixel] = (own / maximum) * opacity + below * (1 - opacity)
    }
    return { width, height, values }
  })
}

/** A region of a plane as [height, width] values; what lies beyond the plane is `beyond`. */
export function resampled(
  { width: columns, height: rows, values }: Plane,
  region: Region,
  height: number,
  width: number,
  beyond: number,
): Float32Array {
  const across = mixes(region.left, region.width, width)
  const down = mixes(region.top, region.height, height)
  const first = Math.max(0, down[0]!.place)
  const last = Math.min(rows, down[height - 1]!.place + down[height - 1]!.weights.length)
  // Rows first: each row that is needed, brought to the width.
  const narrow = new Float32Array(Math.max(0, last - first) * width)
  for (let y = first; y < last; y++)
    for (let x = 0; x < width; x++) {
      const { place, weights } = across[x]!
      let sum = 0
      for (let i = 0; i < weights.length; i++) {
        const column = place + i
        sum += weights[i]! * (column >= 0 && column < columns ? values[y * columns + column]! : beyond)
      }
      narrow[(y - first) * width + x] = sum
    }
  const image = new Float32Array(height * width)
  for (let y = 0; y < height; y++) {
    const { place, weights } = down[y]!
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let i = 0; i < weights.length; i++) {
        const row = place + i
        sum += weights[i]! * (row >= first && row < last ? narrow[(row - first) * width + x]! : beyond)
      }
      image[y * width + x] = sum
    }
  }
  return image
}

/** A picture has colour if its channels lie farther apart than this in the mean, from 0 to 1. */
const COLOUR = 0.02

/** Whether a picture has colour, however its file keeps it. */
export function hasColour({ width, height, channels, maximum, data }: Picture): boolean {
  if (channels < 3) return false
  let sum = 0
  for (let at = 0; at < width * height * channels; at += channels) {
    const [red, green, blue] = [data[at]!, data[at + 1]!, data[at + 2]!]
    sum += Math.max(red, green, blue) - Math.min(red, green, blue)
  }
  return sum > COLOUR * maximum * width * height
}

/** What one place is mixed from: neighbours from `place` on, with their weights (sum 1). */
interface Mix {
  readonly place: number
  readonly weights: readonly number[]
}

/**
 * For each of `to` places on the line from `start` on, `from` long: what it is mixed from, by the share of area where
 * the line shrinks, linearly between neighbours where it grows.
 */
function mixes(start: number, from: number, to: number): Mix[] {
  const scale = from / to
  return Array.from({ length: to }, (_, target) => {
    if (scale >= 1) {
      const begin = start + target * scale
      const end = begin + scale
      const place = Math.floor(begin + 1e-9)
      const weights: number[] = []
      for (let own = place; own < end - 1e-9; own++)
        weights.push((Math.min(end, own + 1) - Math.max(begin, own)) / scale)
      return { place, weights }
    }
    const middle = start + Math.min(from - 1, Math.max(0, (target + 0.5) * scale - 0.5))
    const place = Math.floor(middle)
    return { place, weights: [1 - (middle - place), middle - place] }
  })
}
