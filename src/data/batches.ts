import { sizeOf } from '../graph/types.js'
import { type Stream, stream } from '../random/stream.js'
import type { Augmentation } from './augment.js'
import type { Samples, Split } from './dataset.js'
import { standardised } from './scale.js'

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
 * Writes the inputs at `indices` to `out` [indices.length, ...shape] as a network reads them, in float32: level /
 * (levels - 1), each image changed by `augment` first if there is one; or real numbers, standardised. Throws a
 * RangeError if `out` has another size.
 */
export function gatherInputs(
  { input, inputScale }: Pick<Samples, 'input' | 'inputScale'>,
  { inputs }: Pick<Split, 'inputs'>,
  indices: ArrayLike<number>,
  out: Float32Array,
  augment?: Augmentation,
): void {
  const { shape, levels } = input
  const size = sizeOf(shape)
  if (out.length !== indices.length * size)
    throw new RangeError(
      `${indices.length} inputs of ${size} numbers need ${indices.length * size} places, not ${out.length}`,
    )
  const value = Float32Array.from({ length: levels ?? 0 }, (_, level) => level / (levels! - 1))
  const run = size / (shape[0] ?? 1)
  for (let row = 0; row < indices.length; row++) {
    const first = indices[row]! * size
    const target = out.subarray(row * size, (row + 1) * size)
    if (augment) augment(inputs.subarray(first, first + size), indices[row]!, value, target)
    else if (levels !== undefined) for (let i = 0; i < size; i++) target[i] = value[inputs[first + i]!]!
    else for (let i = 0; i < size; i++) target[i] = standardised(inputs[first + i]!, inputScale!, Math.floor(i / run))
  }
}
