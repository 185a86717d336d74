import type { ImageShape } from '../data/index.js'
import { resampled } from '../data/picture.js'
import { UsageError } from '../errors.js'
import { show } from '../graph/types.js'

/** A size of a model's input: fixed, or free. */
type Size = number | undefined

/** How images become what a model of images reads. */
export interface ModelInput {
  /** Images that it takes at a time; undefined: any number. */
  readonly batch: Size
  readonly shape: ImageShape
  /** Channels come last. */
  readonly isLast: boolean
}

/**
 * What a model with an input of this shape reads of images of `images`. `side`: what a free height and width are to be; default:
 * those of the images. Throws a UsageError where it does not take them.
 */
export function modelInput(
  declared: readonly (number | string)[] | undefined,
  images: ImageShape,
  { where, side }: { readonly where: string; readonly side?: number | undefined },
): ModelInput {
  const sizes = (declared ?? []).map((size): Size => (typeof size === 'number' && size > 0 ? size : undefined))
  const isColour = (size: Size): boolean => size === 1 || size === 3
  const isLast = !isColour(sizes[1]) && isColour(sizes[3])
  const [batch, channels, height, width] = isLast ? [sizes[0], sizes[3], sizes[1], sizes[2]] : sizes
  if (sizes.length !== 4 || (channels !== undefined && !isColour(channels)))
    throw new UsageError(
      `${where} reads ${declared ? `[${declared.join(', ')}]` : 'something'}: a network of features reads images [N, C, H, W] or ` +
        '[N, H, W, C] with 1 or 3 channels.',
    )
  const own = channels ?? images[0]
  if (own !== images[0] && images[0] !== 1)
    throw new UsageError(`${where} reads grey images, and what is judged has colours: ${show(images)}.`)
  return { batch, isLast, shape: [own, height ?? side ?? images[1], width ?? side ?? images[2]] }
}

/**
 * Images [count, C, H, W] as a model reads them: grey ones in all of its channels, larger ones bilinearly with pixels as areas
 * (align_corners false), smaller ones by area.
 */
export function modelImages(
  images: Float32Array,
  count: number,
  [channels, height, width]: ImageShape,
  { shape: [wanted, high, wide], isLast }: ModelInput,
): Float32Array {
  const [from, to] = [height * width, high * wide]
  const out = new Float32Array(count * wanted * to)
  for (let i = 0; i < count; i++)
    for (let channel = 0; channel < wanted; channel++) {
      const at = (i * channels + (channels === 1 ? 0 : channel)) * from
      const values = images.subarray(at, at + from)
      const isSame = high === height && wide === width
      const region = { left: 0, top: 0, width, height }
      const plane = isSame ? values : resampled({ width, height, values }, region, high, wide, 0)
      if (!isLast) out.set(plane, (i * wanted + channel) * to)
      else for (let p = 0; p < to; p++) out[(i * to + p) * wanted + channel] = plane[p]!
    }
  return out
}
