import { concat, constant, oneHot, type Tensor } from '../graph/index.js'
import type { Random } from './random.js'

/**
 * Label codes: where a network sees its label as part of its input, the label takes the place of the first K pixels of
 * the first row (Hinton 2022), a channel of its own (Trifecta) or units of its own. All are differentiable in a table.
 */

/** Flat images [N, P] with the first K pixels overwritten by `strength` at the label's place, else 0. */
export const firstPixels = (x: Tensor, labels: Tensor, classes: number, strength = 1): Tensor =>
  concat([oneHot(labels, classes).mul(strength), x.slice(1, classes, x.shape[1]!)], 1)

/** The neutral label: `strength / K` in each of the first K pixels. */
export const neutralPixels = (x: Tensor, classes: number, strength = 1): Tensor =>
  concat([constant(strength / classes).broadcastTo([x.shape[0]!, classes]), x.slice(1, classes, x.shape[1]!)], 1)

/** An embedding of labels to be learned: one standard normal row of `size` numbers for each class, [K, size]. */
export const labelTable = (random: Random, name: string, classes: number, size: number): Tensor =>
  random.normal(name, [classes, size])

/** Rows [N, D] followed by their label's row of a table [K, size]: [N, D + size]. */
export const labelUnits = (x: Tensor, labels: Tensor, table: Tensor): Tensor => concat([x, table.gather(labels)], 1)

/** Images [N, C, H, W] with one more channel, the last: the label's row of a table [K, H * W]. */
export function labelChannel(x: Tensor, labels: Tensor, table: Tensor): Tensor {
  const [n, , height, width] = x.shape as [number, number, number, number]
  return concat([x, table.gather(labels).reshape([n, 1, height, width])], 1)
}
