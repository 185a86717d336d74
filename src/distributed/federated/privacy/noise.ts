import type { Stream } from '../../../random/stream.js'
import { clipped } from '../aggregate/clip.js'
import type { Update } from '../aggregate/update.js'

/** Differential privacy of clients: what one of them sent, and whether it took part. */
export interface Privacy {
  /** The noise of the sum, as a multiple of `clip`. */
  readonly noise: number
  /** The longest update. */
  readonly clip: number
}

/**
 * DP-FedAvg (McMahan et al. 2018, arXiv 1710.06963, algorithm 1, with equal weights and a fixed count): the sum of clipped
 * updates and N(0, (noise clip)^2), by the number of clients that were asked. Those that did not answer count as zero, or
 * the sum would tell who was there.
 */
export function privateMean(
  updates: readonly Pick<Update, 'delta'>[],
  asked: number,
  { noise, clip }: Privacy,
  random: Stream,
): Float32Array {
  const normals = new Float32Array(updates[0]!.delta.length)
  random.normal(normals)
  const sum = Float64Array.from(normals, (value) => value * noise * clip)
  for (const { delta } of updates) {
    const own = clipped(delta, clip)
    for (let i = 0; i < sum.length; i++) sum[i]! += own[i]!
  }
  return Float32Array.from(sum, (value) => value / asked)
}
