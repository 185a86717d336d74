import { constant, type Tensor } from '../graph/index.js'
import { channelAxes, perChannel } from './axes.js'
import type { NormOptions } from './group-norm.js'
import { ones, zeros } from './initialize.js'

/** Running mean and variance of each channel, [C]. They are state: a rule keeps them and hands them on. */
export type Statistics = { readonly mean: Tensor; readonly variance: Tensor }

/** Mean 0 and variance 1, before any batch was seen. */
export const statistics = (channels: number): Statistics => ({ mean: zeros([channels]), variance: ones([channels]) })

/** Normalised x is x * factor + offset, each [C]. */
export type Normalizer = { readonly factor: Tensor; readonly offset: Tensor }

const normalizer = (mean: Tensor, variance: Tensor, { scale, epsilon = 1e-5 }: NormOptions): Normalizer => {
  const factor = (scale?.gain ?? constant(1)).div(variance.add(epsilon).sqrt())
  const shift = mean.mul(factor)
  return { factor, offset: scale ? scale.bias.sub(shift) : shift.neg() }
}

/**
 * Batch normalisation while training (Ioffe and Szegedy 2015): (x - mean) / sqrt(variance + epsilon) of each channel
 * of [N, C, ...], over the batch and all places, as a factor and an offset. `next`: running statistics, moved by
 * `momentum` (default 0.1, the part of the new value) towards this batch's mean and unbiased variance; no gradient
 * passes through them. It does not hide goodness: a sample's activity keeps its size relative to the batch.
 */
export function batchNormalizer(
  x: Tensor,
  running: Statistics,
  options: NormOptions & { readonly momentum?: number } = {},
): Normalizer & { readonly next: Statistics } {
  const { momentum = 0.1 } = options
  const axes = channelAxes(x)
  const mean = x.mean(axes)
  const variance = x.sub(perChannel(mean, x)).square().mean(axes)
  const count = x.size / x.shape[1]!
  const moved = (before: Tensor, now: Tensor): Tensor => before.mul(1 - momentum).add(now.stopGradient().mul(momentum))
  return {
    ...normalizer(mean, variance, options),
    next: {
      mean: moved(running.mean, mean),
      variance: moved(running.variance, variance.mul(count / Math.max(1, count - 1))),
    },
  }
}

/** The same in use: by the running statistics, each sample by itself. */
export const runningNormalizer = (running: Statistics, options: NormOptions = {}): Normalizer =>
  normalizer(running.mean, running.variance, options)

const applied = (x: Tensor, { factor, offset }: Normalizer): Tensor =>
  x.mul(perChannel(factor, x)).add(perChannel(offset, x))

/** Batch normalisation while training: see `batchNormalizer`. */
export function batchNorm(
  x: Tensor,
  running: Statistics,
  options: NormOptions & { readonly momentum?: number } = {},
): { output: Tensor; next: Statistics } {
  const { next, ...own } = batchNormalizer(x, running, options)
  return { output: applied(x, own), next }
}

/** Batch normalisation in use: by the running statistics, each sample by itself. */
export const batchNormInference = (x: Tensor, running: Statistics, options: NormOptions = {}): Tensor =>
  applied(x, runningNormalizer(running, options))
