import { stream } from '../random/stream.js'
import type { Split } from './dataset.js'

/** The images of `split` at `indices`, in that order, copied. */
export function select(split: Split, indices: ArrayLike<number>): Split {
  const size = split.images.length / split.count
  const images = new Uint8Array(indices.length * size)
  const labels = new Uint8Array(indices.length)
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row]!
    images.set(split.images.subarray(index * size, (index + 1) * size), row * size)
    labels[row] = split.labels[index]!
  }
  return { images, labels, count: indices.length }
}

/**
 * Holds `count` images of a training split out for validation, at random by `seed`, each class in proportion to its
 * share (to within one image). Both parts keep the order of the split. Throws a RangeError unless 0 <= count <
 * split.count.
 */
export function holdOut(split: Split, count: number, seed: number): { train: Split; validation: Split } {
  if (!Number.isInteger(count) || count < 0 || count >= split.count) {
    throw new RangeError(
      `The validation set must take from 0 to ${split.count - 1} of the training images, not ${count}`,
    )
  }
  const members = new Map<number, number[]>()
  for (let index = 0; index < split.count; index++) {
    const label = split.labels[index]!
    if (!members.has(label)) members.set(label, [])
    members.get(label)!.push(index)
  }
  // Shares by largest remainder: rounded down, then one more for the classes that lost most.
  const shares = [...members]
    .map(([label, indices]) => {
      const exact = (count * indices.length) / split.count
      return { label, indices, size: Math.floor(exact), remainder: exact - Math.floor(exact) }
    })
    .sort((a, b) => b.remainder - a.remainder || a.label - b.label)
  const missing = count - shares.reduce((sum, share) => sum + share.size, 0)
  for (const share of shares.slice(0, missing)) share.size++

  const heldOut = new Uint8Array(split.count)
  for (const { label, indices, size } of shares) {
    const keys = new Uint32Array(indices.length)
    stream(seed, label, 'hold out').words(keys)
    const ranked = indices
      .map((index, i) => ({ index, key: keys[i]! }))
      .sort((a, b) => a.key - b.key || a.index - b.index)
    for (const { index } of ranked.slice(0, size)) heldOut[index] = 1
  }
  const where = (value: number) => Array.from(heldOut.keys()).filter((index) => heldOut[index] === value)
  return { train: select(split, where(0)), validation: select(split, where(1)) }
}
