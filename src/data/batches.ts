import { type Stream, stream } from '../random/stream.js'
import type { Augmentation } from './augment.js'
import type { Split } from './dataset.js'

/** The order of `count` rows in an epoch. */
export function order(count: number, seed: number, epoch: number): Uint32Array {
  return permutation(count, stream(seed, epoch, 'order'))
}

/** A random permutation of 0 .. count - 1 from the next numbers of `random`; each as likely as the next. */
export function permutation(count: number, random: Stream): Uint32Array {
  const places = new Uint32Array(count)
  const words = new Uint32Array(2 * count)
  random.words(words)
  // Fisher and Yates, from the inside out; 53 random bits choose each place.
  for (let i = 0; i < count; i++) {
    const uniform = (words[2 * i]! * 2 ** 21 + (words[2 * i + 1]! >>> 11)) * 2 ** -53
    const place = Math.floor(uniform * (i + 1))
    places[i] = places[place]!
    places[place] = i
  }
  return places
}

/**
 * Writes the images at `indices` to `out` (shape [indices.length, channels * height * width]) as pixel / maximum in
 * float32, each changed by `augment` first if there is one. Throws a RangeError if `out` has another size.
 */
export function gather(
  split: Split,
  indices: ArrayLike<number>,
  maximum: number,
  out: Float32Array,
  augment?: Augmentation,
): void {
  const size = split.images.length / split.count
  if (out.length !== indices.length * size) {
    throw new RangeError(
      `${indices.length} images of ${size} pixels need ${indices.length * size} places, not ${out.length}`,
    )
  }
  const value = Float32Array.from({ length: 256 }, (_, pixel) => pixel / maximum)
  for (let row = 0; row < indices.length; row++) {
    const image = indices[row]! * size
    const target = out.subarray(row * size, (row + 1) * size)
    if (augment) {
      augment(split.images.subarray(image, image + size), indices[row]!, value, target)
      continue
    }
    for (let i = 0; i < size; i++) target[i] = value[split.images[image + i]!]!
  }
}
