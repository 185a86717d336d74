import { z } from 'zod'
import { SCHEDULE_NAMES } from '../../nn/schedules.js'
import type { Preset } from '../contract.js'

/** The two published networks: channels of each block, and the blocks (from 0) that end in a 2x2 max-pooling. */
export const NETWORKS = {
  small: { channels: [128, 128, 256, 256, 256, 512], poolAfter: [0, 2, 5] },
  large: { channels: [64, 128, 128, 128, 128, 256, 256, 256, 256, 512, 512, 512], poolAfter: [1, 5, 9] },
} as const

export const hyper = z
  .strictObject({
    size: z.enum(['small', 'large']).default('small').describe('6 blocks or 12, as in the code'),
    width: z
      .number()
      .positive()
      .default(0.25)
      .describe(
        "factor on the blocks' channels, rounded; the image's own are kept (code: 1; 0.25 for processors: ours)",
      ),
    normalization: z
      .enum(['batch', 'layer'])
      .default('batch')
      .describe(
        "first in each block: batch normalisation (paper) or layer normalisation over C, H, W (code's ablation)",
      ),
    loss: z
      .enum(['symba', 'threshold'])
      .default('symba')
      .describe("SymBa's loss (paper) or Hinton's (code's ablation)"),
    alpha: z
      .number()
      .positive()
      .default(4)
      .meta({ search: { low: 1, high: 16, log: true } })
      .describe('steepness of symba (code), and of the draw of hard negatives'),
    theta: z
      .number()
      .default(2)
      .meta({ onlyWith: { loss: 'threshold' } })
      .describe('threshold of the threshold loss (code)'),
    overlap: z
      .boolean()
      .default(true)
      .describe('overlapping local updates over two blocks (paper), or every block by its own loss on every batch'),
    label: z
      .enum(['learned', 'fixed'])
      .default('learned')
      .describe("the label's channel: learned (code) or as it begins"),
    negatives: z
      .enum(['uniform', 'hard'])
      .default('uniform')
      .describe(
        "the wrong labels: all alike (code), or in proportion to exp(alpha g), g the first block's goodness (ours)",
      ),
    goodnessFrom: z
      .int()
      .min(0)
      .optional()
      .describe('the first block (from 0) whose goodness counts in predictions; default: the last one alone (code)'),
    rate: z
      .number()
      .positive()
      .default(0.001)
      .meta({ search: { low: 1e-4, high: 0.03, log: true } })
      .describe("step size of every block's Adam (code)"),
    schedule: z
      .enum(SCHEDULE_NAMES)
      .default('constant')
      .meta({ search: true })
      .describe('of the step size; constant is the code, the others are ours'),
    pixelMean: z
      .array(z.number())
      .min(1)
      .default([0.5])
      .describe('taken from the pixels: one for all channels, or each'),
    pixelDeviation: z
      .array(z.number().positive())
      .min(1)
      .default([0.25])
      .describe('by which the pixels are then divided (the code has those of each data set; 0.5 and 0.25: ours)'),
  })
  .refine(({ goodnessFrom = 0, size }) => goodnessFrom < NETWORKS[size].channels.length, {
    path: ['goodnessFrom'],
    message: 'expected the number of a block, from 0',
  })

export type TrifectaHyper = z.infer<typeof hyper>

const MNIST = { pixelMean: [0.1307], pixelDeviation: [0.3081] }
const CIFAR = { pixelMean: [0.4914, 0.4822, 0.4465], pixelDeviation: [0.2023, 0.1994, 0.201] }
/** The code's: a random crop after padding by 4, and a rotation. */
const AUGMENT = { shift: 4, rotation: 15 }

/** Forward-Forward as it was, on the same network: none of the three techniques, and all blocks are asked. */
const PLAIN = { loss: 'threshold', normalization: 'layer', overlap: false, goodnessFrom: 0 } as const

/** Settings of ours for processors, chosen on validation images: see docs/decisions/0007-trifecta.md. */
const SHORT = { rate: 0.01, schedule: 'linear' } as const

export const presets: Record<string, Preset> = {
  quick: {
    description: 'for glyphs: 6 blocks of a sixteenth of the width, 16 epochs (settings ours)',
    hyper: { ...SHORT, width: 0.0625 },
    train: { epochs: 16, batch: 32 },
  },
  mnist: {
    description: 'for MNIST: 6 blocks of an eighth of the width, hard negatives, 16 epochs (settings ours)',
    hyper: { ...SHORT, ...MNIST, width: 0.125, negatives: 'hard' },
    train: { epochs: 16, batch: 32 },
  },
  'cifar-10': {
    description: 'for CIFAR-10, 8 epochs: 6 blocks of a quarter of the width (settings ours)',
    hyper: { ...SHORT, ...CIFAR, width: 0.25 },
    train: { epochs: 8, batch: 64 },
  },
  plain: {
    description: 'none of the three techniques: Forward-Forward on the network of cifar-10, and in its time',
    hyper: { ...SHORT, ...CIFAR, width: 0.25, ...PLAIN },
    train: { epochs: 8, batch: 64 },
  },
  paper: {
    description: "the code's settings for CIFAR-10: 6 blocks, 100 epochs, batches of 512, crops and rotations",
    hyper: { width: 1, ...CIFAR },
    train: { epochs: 100, batch: 512, augment: AUGMENT },
  },
  'paper-large': {
    description: 'the same with 12 blocks',
    hyper: { size: 'large', width: 1, ...CIFAR },
    train: { epochs: 100, batch: 512, augment: AUGMENT },
  },
}
