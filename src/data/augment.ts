import { z } from 'zod'
import { fnv1a64 } from '../random/hash.js'
import { philox4x32 } from '../random/philox.js'
import type { ImageShape } from './dataset.js'

/**
 * What augmentation may do to a training image. A random crop from an image padded by p pixels is the same as a shift
 * by up to p pixels, so there is one option for both; `padding` says what comes in at the edge.
 */
export const augmentationOptions = z.strictObject({
  shift: z.int().min(0).default(0).describe('largest shift along each axis, in whole pixels'),
  padding: z.enum(['zero', 'reflect']).default('zero').describe('what a shift or a rotation brings in at the edge'),
  rotation: z.number().min(0).max(180).default(0).describe('largest rotation either way, in degrees; bilinear'),
  flip: z.boolean().default(false).describe('mirror half of the images left to right'),
  alternate: z
    .boolean()
    .default(false)
    .meta({ onlyWith: { flip: true } })
    .describe('mirror a fixed half in one epoch and the other half in the next, instead of a random half each time'),
  cutout: z
    .int()
    .min(0)
    .default(0)
    .describe('side of a square of middle grey, laid anywhere on the image (DeVries and Taylor 2017)'),
})
export type AugmentationOptions = z.infer<typeof augmentationOptions>

/** Whether the options change anything. */
export const isAugmented = ({ shift, rotation, flip, cutout }: AugmentationOptions): boolean =>
  shift > 0 || rotation > 0 || flip || cutout > 0

/**
 * Writes one image, changed, to `out`; `value` gives the float of each pixel value. `index` is the image's place in its
 * split: together with seed and epoch it fixes the change, whatever the batch size and order.
 */
export type Augmentation = (pixels: ArrayLike<number>, index: number, value: Float32Array, out: Float32Array) => void

/** The augmentation of one epoch, or undefined if the options change nothing. */
export function augmentation(
  options: AugmentationOptions,
  shape: ImageShape,
  seed: number,
  epoch: number,
): Augmentation | undefined {
  const { shift, rotation, flip, alternate, cutout } = options
  if (!isAugmented(options)) return undefined
  const source = options.padding === 'reflect' ? reflect : clip
  const key = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)] as const
  const names = { change: fnv1a64('augmentation'), half: fnv1a64('alternating flip'), cut: fnv1a64('cut-out') }
  const words = new Uint32Array(4)
  const draw = (name: keyof typeof names, index: number, time: number): Uint32Array => {
    const [low, high] = names[name]
    philox4x32([index, time, low, high], key, words)
    return words
  }
  /** The half of an image never changes; whose turn it is does, each epoch. */
  const isMirrored = (index: number, word: number): boolean =>
    alternate ? draw('half', index, 0)[0]! >= 2 ** 31 === (epoch % 2 === 0) : word >= 2 ** 31
  return (pixels, index, value, out) => {
    draw('change', index, epoch)
    const places = 2 * shift + 1
    const change: Change = {
      down: Math.floor((words[0]! / 2 ** 32) * places) - shift,
      right: Math.floor((words[1]! / 2 ** 32) * places) - shift,
      angle: ((words[2]! / 2 ** 31 - 1) * rotation * Math.PI) / 180,
      mirror: flip && isMirrored(index, words[3]!),
    }
    if (rotation === 0) moveWhole(pixels, value, out, shape, change, source)
    else moveBetween(pixels, value, out, shape, change, source)
    if (cutout > 0) cut(out, greyOf(value), shape, cutout, draw('cut', index, epoch))
  }
}

/**
 * Middle grey: 0.5, which few levels may lie far from; of 256 and more the one in the middle, 128/255 of bytes.
 */
const greyOf = (value: Float32Array): number => (value.length < 256 ? 0.5 : value[Math.floor(value.length / 2)]!)

/** Fills a square whose middle is any pixel; what reaches over the edge is lost. */
function cut(out: Float32Array, grey: number, [channels, height, width]: ImageShape, side: number, words: Uint32Array) {
  const first = (word: number, length: number): number => Math.floor((word / 2 ** 32) * length) - Math.floor(side / 2)
  const [top, left] = [first(words[0]!, height), first(words[1]!, width)]
  for (let plane = 0; plane < channels; plane++)
    for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
      const row = (plane * height + y) * width
      out.fill(grey, row + Math.max(0, left), row + Math.max(0, Math.min(width, left + side)))
    }
}

/**
 * What happens to one image: shifts in pixels, `angle` in radians (clockwise on the screen), mirrored left to right.
 */
interface Change {
  readonly down: number
  readonly right: number
  readonly angle: number
  readonly mirror: boolean
}

/** The place in 0 .. length - 1 that a place on a line stands for, or -1 for a zero. */
type Padding = (place: number, length: number) => number

/** The change without its rotation: every pixel is copied whole. */
function moveWhole(
  pixels: ArrayLike<number>,
  value: Float32Array,
  out: Float32Array,
  [channels, height, width]: ImageShape,
  { down, right, mirror }: Change,
  source: Padding,
): void {
  const columns = Int32Array.from({ length: width }, (_, x) => source(x - right, width))
  if (mirror) for (let x = 0; x < width; x++) if (columns[x]! >= 0) columns[x] = width - 1 - columns[x]!
  for (let y = 0; y < height; y++) {
    const row = source(y - down, height)
    for (let plane = 0; plane < channels * height * width; plane += height * width) {
      for (let x = 0; x < width; x++) {
        const column = columns[x]!
        out[plane + y * width + x] = row < 0 || column < 0 ? 0 : value[pixels[plane + row * width + column]!]!
      }
    }
  }
}

/** The change with its rotation about the middle of the image: each pixel is mixed from the four around its origin. */
function moveBetween(
  pixels: ArrayLike<number>,
  value: Float32Array,
  out: Float32Array,
  [channels, height, width]: ImageShape,
  { down, right, angle, mirror }: Change,
  source: Padding,
): void {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const middleY = (height - 1) / 2
  const middleX = (width - 1) / 2
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Where this pixel comes from: undo the shift, then the rotation, then the mirror.
      const v = y - down - middleY
      const u = x - right - middleX
      const turnedX = middleX + cos * u + sin * v
      const fromX = mirror ? width - 1 - turnedX : turnedX
      const fromY = middleY - sin * u + cos * v
      const left = Math.floor(fromX)
      const top = Math.floor(fromY)
      const beside = fromX - left
      const below = fromY - top
      const x0 = source(left, width)
      const x1 = source(left + 1, width)
      const y0 = source(top, height)
      const y1 = source(top + 1, height)
      for (let plane = 0; plane < channels * height * width; plane += height * width) {
        const first = plane + y0 * width
        const second = plane + y1 * width
        let sum = 0
        if (y0 >= 0 && x0 >= 0) sum += (1 - below) * (1 - beside) * value[pixels[first + x0]!]!
        if (y0 >= 0 && x1 >= 0) sum += (1 - below) * beside * value[pixels[first + x1]!]!
        if (y1 >= 0 && x0 >= 0) sum += below * (1 - beside) * value[pixels[second + x0]!]!
        if (y1 >= 0 && x1 >= 0) sum += below * beside * value[pixels[second + x1]!]!
        out[plane + y * width + x] = sum
      }
    }
  }
}

/** The place itself, or -1 outside of 0 .. length - 1. */
function clip(place: number, length: number): number {
  return place < 0 || place >= length ? -1 : place
}

/** The place mirrored at the edge pixels, which are not repeated: -1 becomes 1. */
function reflect(place: number, length: number): number {
  if (length === 1) return 0
  const period = 2 * (length - 1)
  const within = ((place % period) + period) % period
  return within < length ? within : period - within
}
