import { UserError } from '../errors.js'
import { constant, type Tensor } from '../graph/index.js'
import { show } from '../graph/types.js'
import { channelAxes, perChannel } from './axes.js'
import { ones, zeros } from './initialize.js'
import type { NormOptions } from './layer-norm.js'

/** Running mean and variance of each channel, [C]. They are state: a rule keeps them and hands them on. */
export type Statistics = { readonly mean: Tensor; readonly variance: Tensor }

/** Mean 0 and variance 1, before any batch was seen. */
export const statistics = (channels: number): Statistics => ({ mean: zeros([channels]), variance: ones([channels]) })

type BatchOptions = NormOptions & { readonly momentum?: number }

/** A normalisation as x * factor + offset, both [C]: see `convolvedAffine`. */
type Normalizer = { readonly factor: Tensor; readonly offset: Tensor }

const factorOf = (variance: Tensor, { scale, epsilon = 1e-5 }: NormOptions): Tensor =>
  (scale?.gain ?? constant(1)).div(variance.add(epsilon).sqrt())

function normalizer({ mean, variance }: Statistics, options: NormOptions): Normalizer {
  const factor = factorOf(variance, options)
  const shift = mean.mul(factor)
  return { factor, offset: options.scale ? options.scale.bias.sub(shift) : shift.neg() }
}

/**
 * What a batch [N, C, ...] has in each channel, and where that moves the running statistics. A single number of a channel
 * is its own mean: nothing of the input would be left, so that is refused.
 */
function seen(x: Tensor, running: Statistics, { momentum = 0.1 }: BatchOptions) {
  const count = x.size / x.shape[1]!
  if (count === 1)
    throw new UserError(
      `batch normalisation needs more than one number of each channel to train, and ${show(x.shape)} has one: take a larger batch`,
    )
  const axes = channelAxes(x)
  const mean = x.mean(axes)
  const centred = x.sub(perChannel(mean, x))
  const variance = centred.square().mean(axes)
  const moved = (before: Tensor, now: Tensor): Tensor => before.mul(1 - momentum).add(now.stopGradient().mul(momentum))
  const next = {
    mean: moved(running.mean, mean),
    variance: moved(running.variance, variance.mul(count / (count - 1))),
  }
  return { mean, variance, centred, next }
}

/**
 * Batch normalisation while training (Ioffe and Szegedy 2015): (x - mean) / sqrt(variance + epsilon) of each channel
 * of [N, C, ...], over the batch and all places. `next`: running statistics, moved by `momentum` (default 0.1, the part
 * of the new value) towards this batch's mean and unbiased variance; no gradient passes through them.
 * It does not hide goodness: a sample's activity keeps its size relative to the batch.
 */
export function batchNorm(
  x: Tensor,
  running: Statistics,
  options: BatchOptions = {},
): { output: Tensor; next: Statistics } {
  const { variance, centred, next } = seen(x, running, options)
  const normal = centred.mul(perChannel(factorOf(variance, options), x))
  return { output: options.scale ? normal.add(perChannel(options.scale.bias, x)) : normal, next }
}

/** Batch normalisation in use: by the running statistics, each sample by itself. */
export function batchNormInference(x: Tensor, running: Statistics, options: NormOptions = {}): Tensor {
  const { factor, offset } = normalizer(running, options)
  return x.mul(perChannel(factor, x)).add(perChannel(offset, x))
}

/** What a layer is told: the running statistics, and whether it trains or is in use. */
type Pass = { readonly running: Statistics; readonly training: boolean }

/** Batch normalisation as a layer does it: by the batch while it trains, by the running statistics in use. */
export function batchNormalized(
  x: Tensor,
  { running, training }: Pass,
  options: BatchOptions = {},
): { output: Tensor; running: Statistics } {
  if (running.mean === undefined)
    throw new Error('batch normalisation finds no running statistics: declare running: nn.statistics(C) beside forward')
  if (!training) return { output: batchNormInference(x, running, options), running }
  const { output, next } = batchNorm(x, running, options)
  return { output, running: next }
}

/** `batchNormalized` as a factor and an offset, for a product that takes them in: the images stay as they are. */
export function batchNormalizer(
  x: Tensor,
  { running, training }: Pass,
  options: BatchOptions = {},
): Normalizer & { running: Statistics } {
  if (!training) return { ...normalizer(running, options), running }
  const { mean, variance, next } = seen(x, running, options)
  return { ...normalizer({ mean, variance }, options), running: next }
}
