import { z } from 'zod'
import { fanRule, networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'
import type { Preset } from '../contract.js'
import { alignmentOptions } from '../spike-alignment/phase.js'
import { inverseCount } from './parts.js'

const options = z.strictObject({
  units: networkOptions.units.default([500, 500]),
  hidden: z
    .enum(['tanh', 'sign', 'bernoulli'])
    .default('tanh')
    .describe('hidden units: smooth, their signs alone sent up, or samples of them sent up'),
  form: z
    .enum(['plain', 'difference', 'drl'])
    .default('difference')
    .describe('targets by the inverse alone, corrected (Lee), or corrected with the difference reconstruction loss'),
  topTarget: z
    .enum(['gradient', 'output', 'label-autoencoder'])
    .default('gradient')
    .describe('where targets begin: a gradient step at the last hidden layer, one at the logits, or r(h, label)'),
  step: z
    .number()
    .min(0)
    .default(0.3)
    .meta({ onlyWith: { topTarget: ['gradient', 'output'] }, search: { low: 0.01, high: 1 } })
    .describe('of the first target, per sample (0.3: ours; Lee 0.0033, 0.28, 0.58 for the three kinds of units)'),
  noise: z
    .number()
    .positive()
    .default(0.3)
    .meta({ search: { low: 0.03, high: 1, log: true } })
    .describe('standard deviation of what inverses learn to undo (Lee: 0.36)'),
  noiseDecay: z
    .number()
    .min(0)
    .default(0)
    .describe("noise / (1 + noiseDecay progress); 10 is the schedule of Lee's discrete networks"),
  inverseDecay: z
    .number()
    .min(0)
    .default(0)
    .meta({ onlyWith: { form: 'drl' } })
    .describe(
      "lambda of drl's damping (Meulemans on MNIST: 5.4e-6 of a mean over 256 units, which is 1.4e-3 of the sum here)",
    ),
  autoencoderUnits: z
    .int()
    .min(1)
    .default(256)
    .meta({ onlyWith: { topTarget: 'label-autoencoder' } })
    .describe('hidden units of the label auto-encoder (256: ours)'),
  autoencoderNoise: z
    .number()
    .positive()
    .default(1)
    .meta({ onlyWith: { topTarget: 'label-autoencoder' } })
    .describe('standard deviation of what it learns to undo (0.5 to 2 work)'),
  inputNoise: z
    .number()
    .min(0)
    .default(0)
    .describe('standard deviation of noise on the training images (Lee: 0.3 with bernoulli units)'),
  alternate: z
    .enum(['batch', 'epoch'])
    .default('batch')
    .describe('inverses and layers take turns on every batch, or by whole epochs as in the released code'),
  pretraining: z
    .int()
    .min(0)
    .default(0)
    .describe('first epochs, of all that are trained, in which only inverses learn (Meulemans: 6)'),
  ...alignmentOptions,
  optimizer: optimizerOptions.optimizer.describe('of all weights (Lee: an RMSprop of his own)'),
  rate: z
    .number()
    .positive()
    .default(0.002)
    .meta({ search: { low: 1e-4, high: 0.03, log: true } })
    .describe('step size of the hidden layers (ours)'),
  outputRate: z
    .number()
    .positive()
    .default(0.002)
    .meta({ search: { low: 1e-4, high: 0.03, log: true } })
    .describe('step size of the output layer (ours)'),
  inverseRate: z
    .number()
    .positive()
    .default(0.002)
    .meta({ search: { low: 1e-4, high: 0.03, log: true } })
    .describe('step size of inverses and label auto-encoder (ours)'),
  momentum: optimizerOptions.momentum,
  adamRate: optimizerOptions.adamRate,
  schedule: optimizerOptions.schedule.describe('of all step sizes'),
  initial: fanRule
    .default('fan-in')
    .describe('standard deviation of the initial weights, normal (Lee: orthogonal; Meulemans: glorot)'),
})

export type TargetPropagationHyper = z.infer<typeof options>

export const hyper = options.superRefine((h, { addIssue }) => {
  if (h.align === 'sal' && inverseCount(h) === 0)
    addIssue({
      code: 'custom',
      path: ['align'],
      message:
        `it turns inverses, and one hidden layer has none with topTarget=${h.topTarget}; take more hidden layers, or ` +
        'topTarget=output',
    })
})

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'difference targets, 784-256-256, for glyphs',
    hyper: { units: [256, 256], rate: 0.003, outputRate: 0.003, inverseRate: 0.003 },
    train: { epochs: 15, batch: 100 },
  },
  difference: {
    description: 'difference targets, 784-500-500 (settings ours, chosen on validation images)',
    hyper: {},
    train: { epochs: 20, batch: 100 },
  },
  drl: {
    description: "784-5x256, targets from the logits, Meulemans's loss, noise and damping; rates and pretraining ours",
    hyper: {
      units: [256, 256, 256, 256, 256],
      form: 'drl',
      topTarget: 'output',
      noise: 0.0569,
      inverseDecay: 1.4e-3,
      inverseRate: 0.003,
      pretraining: 1,
    },
    train: { epochs: 20, batch: 100 },
  },
  sign: {
    description: "784-500-500, hidden units send their signs alone: Lee's net and noise; step and rates ours",
    hyper: { hidden: 'sign', step: 1, noise: 0.5, noiseDecay: 10, rate: 0.001 },
    train: { epochs: 20, batch: 100 },
  },
  bernoulli: {
    description: "784-500-500, hidden units send samples: Lee's step and noise of inverses; width and rates ours",
    hyper: { hidden: 'bernoulli', step: 0.58, noise: 0.5, noiseDecay: 10, rate: 0.003, outputRate: 0.003 },
    train: { epochs: 20, batch: 100 },
  },
  plain: {
    description: 'the plain form, to show that it collapses: 784-6x256, targets by the inverses alone',
    hyper: { units: [256, 256, 256, 256, 256, 256], form: 'plain' },
    train: { epochs: 10, batch: 100 },
  },
  'label-autoencoder': {
    description: '784-500-500, targets from an auto-encoder that sees the label, in difference form (ours)',
    hyper: { topTarget: 'label-autoencoder' },
    train: { epochs: 20, batch: 100 },
  },
  table: {
    description: 'difference targets, two layers of 100, for tables of numbers (settings ours, chosen by validation)',
    hyper: { units: [100, 100], step: 0.5, rate: 0.003, outputRate: 0.003, inverseRate: 0.003 },
    train: { epochs: 100, batch: 32 },
  },
}
