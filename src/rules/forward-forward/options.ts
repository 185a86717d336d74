import { z } from 'zod'
import { fanRule, networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'
import type { Preset } from '../contract.js'

export const hyper = z
  .strictObject({
    ...networkOptions,
    network: networkOptions.network.default('dense'),
    units: networkOptions.units.default([500, 500]),
    kernel: networkOptions.kernel.default(3),
    poolAfter: networkOptions.poolAfter.default([]),
    loss: z
      .enum(['threshold', 'symba', 'swish'])
      .default('swish')
      .describe("Hinton's loss, SymBa's, or its swish variant"),
    theta: z
      .number()
      .optional()
      .describe('threshold; default 2 with the mean of squares, the number of units with the sum'),
    alpha: z
      .number()
      .positive()
      .default(20)
      .describe('steepness of symba and swish (4 and 6 in public code; 20: ours)'),
    goodness: z.enum(['mean', 'sum']).default('mean').describe('mean or sum of the squared activities'),
    normalization: z
      .enum(['length', 'unit', 'layer'])
      .default('length')
      .meta({ search: true })
      .describe('between layers'),
    imageNormalization: z
      .enum(['length', 'unit'])
      .default('length')
      .describe('of the image and its label: to the length sqrt(n), or to unit length, as in two re-implementations'),
    negatives: z
      .enum(['uniform', 'hard', 'hybrid'])
      .default('hard')
      .describe('wrong labels: any, those that the softmax head finds likely, or none: hybrids of two images'),
    labelStrength: z
      .number()
      .positive()
      .default(1)
      .meta({ search: { low: 0.3, high: 3, log: true } })
      .describe('amplitude of the label code'),
    predict: z.enum(['energy', 'softmax']).default('energy').describe('K passes and the goodness, or one and the head'),
    energyFrom: z.int().min(0).default(0).describe('the first layer (from 0) whose goodness counts in predictions'),
    ...optimizerOptions,
    rate: optimizerOptions.rate.default(0.003).describe('step size of the layers'),
    peer: z
      .number()
      .min(0)
      .default(0)
      .meta({ search: { choices: [0, 0.03, 0.1] } })
      .describe("strength of Hinton's peer normalisation (his 0.03 is 0.06 here)"),
    headRate: z
      .number()
      .positive()
      .default(0.01)
      .meta({ search: { low: 1e-3, high: 0.1, log: true } })
      .describe('step size of the softmax head'),
    headWeightDecay: z
      .number()
      .min(0)
      .default(0)
      .meta({ search: { choices: [0, 1e-3, 1e-2] } })
      .describe('weight decay of the softmax head'),
    initial: fanRule.default('fan-in'),
    headInitial: z
      .enum(['random', 'zero'])
      .default('random')
      .describe("the softmax head's first weights: like the layers', or zeros and no bias (Hinton's and Loewe's code)"),
  })
  .refine(({ energyFrom, units }) => energyFrom < units.length, {
    path: ['energyFrom'],
    message: 'expected the number of a layer, from 0',
  })

export type ForwardForwardHyper = z.infer<typeof hyper>

/** Whether predictions are the head's, not the layers' goodness: hybrid images carry no label that could be tried. */
export const saysByHead = ({ negatives, predict }: ForwardForwardHyper): boolean =>
  negatives === 'hybrid' || predict === 'softmax'

export const hasHead = ({ negatives, predict }: ForwardForwardHyper): boolean =>
  negatives !== 'uniform' || predict === 'softmax'

export const presets: Readonly<Record<string, Preset>> = {
  quick: { description: 'the defaults, 4 epochs', hyper: {}, train: { epochs: 4 } },
  fast: {
    description: '784-500-500, 8 epochs: swish loss, hard negatives, Adam (settings ours, chosen on validation images)',
    hyper: {},
    train: { epochs: 8, batch: 250 },
  },
  accurate: {
    description: '784-1000-1000, 16 epochs: as fast, wider and longer (settings ours, chosen on validation images)',
    hyper: { units: [1000, 1000], rate: 0.002 },
    train: { epochs: 16, batch: 250 },
  },
  hinton: {
    description:
      "784-1000x3, 100 epochs: the released MATLAB code's settings (its rates halved, since our loss drives twice as " +
      'hard); here decay goes through the momentum and reaches biases, and the rate falls by the batch, not the epoch',
    hyper: {
      units: [1000, 1000, 1000],
      loss: 'threshold',
      goodness: 'sum',
      energyFrom: 1,
      optimizer: 'sgd',
      rate: 0.0005,
      // MATLAB takes 1e-5 w a step; half of that comes from the rate, which is halved.
      weightDecay: 0.002,
      schedule: 'linear-half',
      peer: 0.06,
      headRate: 0.01,
      headWeightDecay: 0.003,
      headInitial: 'zero',
    },
    train: { epochs: 100, batch: 100 },
  },
  loewe: {
    description:
      "784-1000x3, 100 epochs: loeweX's PyTorch version, its loss taken as a mean over both halves (rates halved and " +
      "decay doubled for it); its peer loss as Hinton's drive of the same strength; here the rate falls by the " +
      'batch, not by the epoch',
    hyper: {
      units: [1000, 1000, 1000],
      loss: 'threshold',
      goodness: 'sum',
      negatives: 'uniform',
      predict: 'softmax',
      optimizer: 'sgd',
      rate: 0.0005,
      weightDecay: 0.0006,
      schedule: 'linear-half',
      // 0.03 times the slope of a mean of squares over 1000 units, through a mean of which a tenth is new; doubled as
      // the rest.
      peer: 1.2e-5,
      headRate: 0.01,
      headWeightDecay: 0.003,
      initial: 'fan-out',
      headInitial: 'zero',
    },
    train: { epochs: 100, batch: 100 },
  },
  mpezeshki: {
    description:
      "784-500-500, 1000 steps a layer, one layer after the other: mpezeshki's version, but for its standardised " +
      'pixels, its wrong labels, which are drawn once for all steps and may be the true one, its first weights ' +
      "(uniform, deviation 1/sqrt(3 fan-in), biases too) and its loss, half of ours, so that Adam's epsilon weighs " +
      'twice; for data sets of 60,000 images',
    hyper: {
      loss: 'threshold',
      normalization: 'unit',
      imageNormalization: 'unit',
      negatives: 'uniform',
      rate: 0.03,
      schedule: 'constant',
      initial: 'fan-in',
    },
    train: { schedule: 'greedy', epochs: 1000, batch: 50_000, validation: 10_000 },
  },
  symba: {
    description: "784-500-500, 8 epochs: SymBa's loss with alpha 4 (rate ours)",
    hyper: { loss: 'symba', alpha: 4, rate: 0.01 },
    train: { epochs: 8, batch: 250 },
  },
  unsupervised: {
    description: 'four layers of 500, negatives are hybrids of two images, a softmax head reads the upper three',
    hyper: { units: [500, 500, 500, 500], negatives: 'hybrid', predict: 'softmax' },
    train: { epochs: 8, batch: 250 },
  },
  convolutional: {
    description: 'three 5x5 layers of 16, 32 and 32 channels, the label as a pattern in a channel of its own (ours)',
    hyper: {
      network: 'convolutional',
      units: [16, 32, 32],
      kernel: 5,
      poolAfter: [0, 1],
      normalization: 'layer',
      negatives: 'uniform',
      energyFrom: 1,
    },
    train: { epochs: 5, batch: 50 },
  },
}
