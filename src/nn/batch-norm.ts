import { constant, type Tensor } from '../graph/index.js'
import { channelAxes, perChannel } from './axes.js'
import type { NormOptions } from './group-norm.js'
import { ones, zeros } from './initialize.js'

/** Running mean and variance of each channel, [C]. They are state: a rule keeps them and hands them on. */
export type Statistics = { readonly mean: Tensor; readonly variance: Tensor }

/** Mean 0 and variance 1, before any batch was seen. */
export const statistics = (channels: number): Statistics => ({ mean: zeros([channels]), variance: ones([channels]) })

/**
 * Batch normalisation while training (Ioffe and Szegedy 2015): (x - mean) / sqrt(variance + epsilon) of each channel
 * of [N, C, ...], over the batch and all places. `next`: running statistics, moved by `momentum` (default 0.1, the part
 * of the new value) towards this batch's mean and unbiased variance; no gradient passes through them.
 * It does not hide goodness: a sample's activity keeps its size relative to the batch.
 */
export function batchNorm(
  x: Tensor,
  running: Statistics,
  options: NormOptions & { readonly momentum?: number } = {},
): { output: Tensor; next: Statistics } {
  const { momentum = 0.1, epsilon = 1e-5, scale } = options
  const axes = channelAxes(x)
  const mean = x.mean(axes)
  const centred = x.sub(perChannel(mean, x))
  const variance = centred.square().mean(axes)
  const factor = (scale?.gain ?? constant(1)).div(variance.add(epsilon).sqrt())
  const normal = centred.mul(perChannel(factor, x))
  const count = x.size / x.shape[1]!
  const moved = (before: Tensor, now: Tensor): Tensor => before.mul(1 - momentum).add(now.stopGradient().mul(momentum))
  return {
    output: scale ? normal.add(perChannel(scale.bias, x)) : normal,
    next: {
      mean: moved(running.mean, mean),
      variance: moved(running.variance, variance.mul(count / Math.max(1, count - 1))),
    },
  }
}

/** Batch normalisation in use: by the running statistics, each sample by itself. */
export function batchNormInference(
  x: Tensor,
  running: Statistics,
  { scale, epsilon = 1e-5 }: NormOptions = {},
): Tensor {
  const factor = (scale?.gain ?? constant(1)).div(running.variance.add(epsilon).sqrt())
  const shift = running.mean.mul(factor)
  const offset = scale ? scale.bias.sub(shift) : shift.neg()
  return x.mul(perChannel(factor, x)).add(perChannel(offset, x))
}
