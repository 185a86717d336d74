import { stream } from '../random/stream.js'
import type { Split } from './dataset.js'

/** The samples of `split` at `indices`, in that order, copied. */
export function select({ inputs, targets, count }: Split, indices: ArrayLike<number>): Split {
  return {
    inputs: taken(inputs, inputs.length / count, indices),
    ...(targets && { targets: taken(targets, targets.length / count, indices) }),
    count: indices.length,
  }
}

/** Rows of `size` numbers, copied to an array of the same kind. */
function taken<T extends Uint8Array | Uint16Array | Int32Array | Float32Array>(
  all: T,
  size: number,
  rows: ArrayLike<number>,
): T {
  const out = new (all.constructor as new (length: number) => T)(rows.length * size)
  for (let row = 0; row < rows.length; row++)
    out.set(all.subarray(rows[row]! * size, (rows[row]! + 1) * size), row * size)
  return out
}

/**
 * Holds `count` samples of a training split out for validation, at random by `seed`, of each group in proportion to its
 * share (to within one sample); `groups` holds the number of each sample's group. Both parts keep the order of the
 * split. Throws a RangeError unless 0 <= count < split.count.
 */
export function holdOut(
  split: Split,
  groups: ArrayLike<number>,
  count: number,
  seed: number,
): { train: Split; validation: Split } {
  if (!Number.isInteger(count) || count < 0 || count >= split.count) {
    throw new RangeError(
      `The validation set must take from 0 to ${split.count - 1} of the training samples, not ${count}`,
    )
  }
  const members = new Map<number, number[]>()
  for (let index = 0; index < split.count; index++) {
    const group = groups[index]!
    if (!members.has(group)) members.set(group, [])
    members.get(group)!.push(index)
  }
  // Shares by largest remainder: rounded down, then one more for the groups that lost most.
  const shares = [...members]
    .map(([group, indices]) => {
      const exact = (count * indices.length) / split.count
      return { group, indices, size: Math.floor(exact), remainder: exact - Math.floor(exact) }
    })
    .sort((a, b) => b.remainder - a.remainder || a.group - b.group)
  const missing = count - shares.reduce((sum, share) => sum + share.size, 0)
  for (const share of shares.slice(0, missing)) share.size++

  const heldOut = new Uint8Array(split.count)
  for (const { group, indices, size } of shares) {
    const keys = new Uint32Array(indices.length)
    stream(seed, group, 'hold out').words(keys)
    const ranked = indices
      .map((index, i) => ({ index, key: keys[i]! }))
      .sort((a, b) => a.key - b.key || a.index - b.index)
    for (const { index } of ranked.slice(0, size)) heldOut[index] = 1
  }
  const where = (value: number) => Array.from(heldOut.keys()).filter((index) => heldOut[index] === value)
  return { train: select(split, where(0)), validation: select(split, where(1)) }
}
