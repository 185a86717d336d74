import { z } from 'zod'
import { UserError } from '../../errors.js'
import { maxPool2d, type Tensor } from '../../graph/index.js'
import {
  batchNormalizer,
  type Normalizer,
  runningNormalizer,
  type Statistics,
  statistics,
} from '../../nn/batch-norm.js'
import { convolvedAffine } from '../../nn/convolution.js'
import type { Precision } from '../../nn/dense.js'
import { layerNorm, scale } from '../../nn/group-norm.js'
import { uniformWeights } from '../../nn/initialize.js'
import type { Random } from '../../nn/random.js'
import type { Task } from '../contract.js'
import { imageShape } from '../task.js'

/** The two published networks: channels of each block, and the blocks (from 0) that end in a 2x2 max-pooling. */
export const NETWORKS = {
  small: { channels: [128, 128, 256, 256, 256, 512], poolAfter: [0, 2, 5] },
  large: { channels: [64, 128, 128, 128, 128, 256, 256, 256, 256, 512, 512, 512], poolAfter: [1, 5, 9] },
} as const

export const blockOptions = {
  size: z.enum(['small', 'large']).default('small').describe('6 blocks or 12, as in the code'),
  width: z
    .number()
    .positive()
    .default(0.25)
    .describe("factor on the blocks' channels, rounded; the image's own are kept (code: 1; 0.25 for processors: ours)"),
  normalization: z
    .enum(['batch', 'layer'])
    .default('batch')
    .describe("first in each block: batch normalisation (paper) or layer normalisation over C, H, W (code's ablation)"),
}

type BlockOptions = z.infer<z.ZodObject<typeof blockOptions>>

/** A gain and a bias for each channel that comes in, and the kernels [out, in, 3, 3]. */
export type BlockParameters = { readonly gain: Tensor; readonly bias: Tensor; readonly weight: Tensor }

/** Normalisation, 3x3 convolution without bias, ReLU, and 2x2 max-pooling where the block ends in one. */
export interface Block {
  init(random: Random, name: string): BlockParameters
  statistics(): Statistics
  /** Batch normalisation by this batch. `next`: the running statistics after it. */
  train(p: BlockParameters, running: Statistics, x: Tensor): { output: Tensor; next: Statistics }
  /** Batch normalisation by the running statistics: each image by itself. */
  infer(p: BlockParameters, running: Statistics, x: Tensor): Tensor
  /** The part of the convolution that channels `from` to `to` bring in; those of all parts add up, batch normalised. */
  part(p: BlockParameters, running: Statistics, x: Tensor, from: number, to: number): Tensor
  /** What follows the convolution. */
  activity(z: Tensor): Tensor
}

/** The blocks of a network over images with a label channel. Throws a UserError for images that its poolings use up. */
export function blocksOf(task: Task, options: BlockOptions): Block[] {
  const shape = imageShape(task)
  const { channels, poolAfter } = NETWORKS[options.size]
  const widths = channels.map((count) => Math.max(1, Math.round(count * options.width)))
  const smallest = 2 ** poolAfter.length
  if (Math.min(shape[1], shape[2]) < smallest)
    throw new UserError(
      `trifecta's ${options.size} network halves images ${poolAfter.length} times, so it needs at least ${smallest} x ${smallest} pixels, not ${shape[1]} x ${shape[2]}: take another data set`,
      { exitCode: 2 },
    )
  return widths.map((outputs, i) => {
    const pooled = (poolAfter as readonly number[]).includes(i)
    return block(widths[i - 1] ?? shape[0] + 1, outputs, pooled, options.normalization, task.precision)
  })
}

function block(
  inputs: number,
  outputs: number,
  pooled: boolean,
  normalization: BlockOptions['normalization'],
  precision: Precision,
): Block {
  const activity = (z: Tensor): Tensor => (pooled ? maxPool2d(z, 2) : z).relu()
  const isBatch = normalization === 'batch'
  /** The convolution of the normalised input. A layer's gain and bias are applied as a batch's: within the product. */
  const product = (p: BlockParameters, normal: Normalizer, x: Tensor): Tensor =>
    isBatch
      ? convolvedAffine(x, p.weight, normal, { padding: 1 }, precision)
      : convolvedAffine(layerNorm(x), p.weight, { factor: p.gain, offset: p.bias }, { padding: 1 }, precision)
  const inferred = (p: BlockParameters, running: Statistics, x: Tensor): Tensor =>
    product(p, runningNormalizer(running, { scale: p }), x)
  return {
    init: (random, name) => ({
      ...scale(inputs),
      // PyTorch's own for convolutions: uniform on +-1 / sqrt(fan-in), a third of the variance of `fan-in`.
      weight: uniformWeights(random, `${name}.weight`, [outputs, inputs, 3, 3], 'fan-in').mul(1 / Math.sqrt(3)),
    }),
    statistics: () => statistics(inputs),
    train(p, running, x) {
      const { next, ...normal } = batchNormalizer(x, running, { scale: p })
      return { output: activity(product(p, normal, x)), next: isBatch ? next : running }
    },
    infer: (p, running, x) => activity(inferred(p, running, x)),
    part(p, running, x, from, to) {
      const own = {
        gain: p.gain.slice(0, from, to),
        bias: p.bias.slice(0, from, to),
        weight: p.weight.slice(1, from, to),
      }
      return inferred(own, { mean: running.mean.slice(0, from, to), variance: running.variance.slice(0, from, to) }, x)
    },
    activity,
  }
}
