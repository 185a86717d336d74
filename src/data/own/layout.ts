import { UsageError } from '../../errors.js'
import { type Shape, show, sizeOf } from '../../graph/types.js'
import type { Split } from '../dataset.js'
import type { ArrayNumbers, NamedArray, OwnOptions } from './content.js'

/** How the axes of an array of inputs are read. */
export interface Layout {
  /** Of one sample. */
  readonly shape: Shape
  readonly isPicture: boolean
  readonly note?: string
  /** Brings numbers to that shape, sample by sample. */
  arrange<T extends ArrayNumbers>(numbers: T): T
}

const same = <T extends ArrayNumbers>(numbers: T): T => numbers

/**
 * Reads the shape of inputs: [N, H, W], [N, H, W, C] and [N, C, H, W] are images; [N, D] are rows, or with a `size` the
 * pixels of images. Throws a UsageError where it could mean several things.
 */
export function layoutOf({ name, shape }: Pick<NamedArray, 'name' | 'shape'>, { size }: OwnOptions): Layout {
  const sample = shape.slice(1)
  const where = `the array ${name} ${show(shape)}`
  if (sample.length === 1 && size) return rowsOfPixels(sample[0]!, size, where)
  if (sample.length === 2) {
    checkSize(sample, size, where)
    return { shape: [1, ...sample], isPicture: true, arrange: same }
  }
  if (sample.length === 3) return pictures(sample as [number, number, number], size, where)
  if (size) throw new UsageError(`${where} holds no pictures: leave --size out.`)
  return { shape: sample.length === 0 ? [1] : sample, isPicture: false, arrange: same }
}

function rowsOfPixels(numbers: number, [height, width]: readonly [number, number], where: string): Layout {
  const channels = numbers / (height * width)
  if (channels !== 1 && channels !== 3)
    throw new UsageError(
      `${where} has ${numbers} numbers a sample, and pictures of ${height}x${width} have ${height * width}, or ` +
        `${3 * height * width} in colour: give their --size.`,
    )
  return { shape: [channels, height, width], isPicture: true, arrange: same }
}

function pictures(sample: readonly [number, number, number], size: OwnOptions['size'], where: string): Layout {
  const [a, b, c] = sample
  // A size says it; else there are fewer channels than rows or columns. Those of most pictures are 1 or 3.
  const fits = (channels: number, height: number, width: number): boolean =>
    size ? size[0] === height && size[1] === width : channels < Math.min(height, width)
  const [first, last] = [fits(a, b, c), fits(c, a, b)]
  const isUsual = (channels: number): boolean => channels === 1 || channels === 3
  if (!first && !last) {
    if (size) checkSize([b, c], size, where)
    throw new UsageError(`${where} may have its channels first or last: say which with the --size of its pictures.`)
  }
  if (first && (!last || (isUsual(a) && !isUsual(c)))) return { shape: sample, isPicture: true, arrange: same }
  if (first && !(isUsual(c) && !isUsual(a)))
    throw new UsageError(`${where} may have its channels first or last: say which with the --size of its pictures.`)
  const note = 'the channels come last: moved to the front'
  return { shape: [c, a, b], isPicture: true, note, arrange: (numbers) => channelsFirst(numbers, a * b, c) }
}

function checkSize([height, width]: Shape, size: OwnOptions['size'], where: string): void {
  if (size && (size[0] !== height || size[1] !== width))
    throw new UsageError(
      `${where} holds pictures of ${height}x${width}, not of ${size.join('x')}: leave --size out, or resize them first.`,
    )
}

/** [..., places, channels] to [..., channels, places]. */
function channelsFirst<T extends ArrayNumbers>(numbers: T, places: number, channels: number): T {
  const out = numbers.slice() as T
  const size = places * channels
  for (let first = 0; first < numbers.length; first += size)
    for (let place = 0; place < places; place++)
      for (let channel = 0; channel < channels; channel++)
        out[first + channel * places + place] = numbers[first + place * channels + channel]!
  return out
}

/** Grey levels of pictures [3, H, W] by the luma of ITU-R BT.601, or three equal channels of grey ones. */
export function inColour<T extends Split['inputs']>(
  inputs: T,
  shape: Shape,
  colour: OwnOptions['colour'],
): { inputs: T; shape: Shape } {
  const [channels, height, width] = shape
  const wanted = colour === 'grey' ? 1 : 3
  if (colour === undefined || channels === wanted) return { inputs, shape }
  if (shape.length !== 3 || (channels !== 1 && channels !== 3))
    throw new UsageError(`--${colour} is for pictures of one or three channels, not for inputs ${show(shape)}.`)
  const places = height! * width!
  const count = inputs.length / sizeOf(shape)
  const out = new (inputs.constructor as new (length: number) => T)(count * wanted * places)
  for (let i = 0; i < count; i++)
    for (let place = 0; place < places; place++) {
      if (wanted === 3)
        for (let channel = 0; channel < 3; channel++)
          out[(3 * i + channel) * places + place] = inputs[i * places + place]!
      else {
        const [r, g, b] = [0, 1, 2].map((channel) => inputs[(3 * i + channel) * places + place]!) as [
          number,
          number,
          number,
        ]
        const luma = 0.299 * r + 0.587 * g + 0.114 * b
        out[i * places + place] = inputs instanceof Float32Array ? luma : Math.round(luma)
      }
    }
  return { inputs: out, shape: [wanted, height!, width!] }
}
