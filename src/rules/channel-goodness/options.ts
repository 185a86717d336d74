import { z } from 'zod'
import type { Preset } from '../contract.js'
import { augmented, speedRunOptions, withChecks } from '../speed-run/options.js'

const soft = { onlyWith: { reading: 'soft' } }

export const hyper = withChecks(
  z.strictObject({
    ...speedRunOptions,
    units: speedRunOptions.units.default([20, 30]).describe('channels of each layer'),
    poolAfter: speedRunOptions.poolAfter.default([0, 1]),
    reading: z
      .enum(['soft', 'one-hot', 'random'])
      .default('soft')
      .describe('how energies become classes: a learned soft assignment, channel c to class c mod K, a random map'),
    tau: z.number().positive().default(4).describe('start of the scale of the logits; learned'),
    temperature: z
      .number()
      .positive()
      .default(1)
      .meta(soft)
      .describe("start of the assignment's temperature; learned (CAW-Conv: 10, with steps of 0.08)"),
    decay: z
      .number()
      .positive()
      .max(1)
      .default(0.47)
      .meta(soft)
      .describe('factor by which that falls over the training (CAW-Conv: 0.995 an epoch, 150 epochs)'),
    spread: z
      .number()
      .min(0)
      .default(1)
      .meta(soft)
      .describe('standard deviation of the first assignment, over temperature 1 (CAW-Conv: 0)'),
    entropy: z.number().min(0).default(0.01).meta(soft).describe('weight of the entropy of the assignment (CAW-Conv)'),
    gram: z
      .number()
      .min(0)
      .default(0.001)
      .meta(soft)
      .describe('weight of its Gram term, after a third of the training (CAW-Conv)'),
    values: z
      .int()
      .min(1)
      .default(1)
      .describe('most energies of one group: sets the grid that they are pooled to; 1: each channel has one'),
    projections: z
      .number()
      .min(0)
      .max(4)
      .default(0)
      .describe('fixed projections whose energies are read too, as a part of the channels (covariance-goodness)'),
    space: z
      .array(z.int().min(2))
      .default([])
      .describe('sides of the cells whose squared means are read too (covariance-goodness)'),
    activation: z.enum(['gelu', 'relu']).default('gelu').describe('gelu: speed-runs; relu: CAW-Conv, ASGE'),
    norm: z.enum(['none', 'batch']).default('none').describe('of what enters the activation; batch: speed-runs'),
    hiding: z
      .enum(['instance', 'sample', 'none'])
      .default('instance')
      .describe(
        'what the layer above is not to see: the mean and deviation of each channel (CAW-Conv), the root mean square ' +
          'of a sample (ASGE)',
      ),
    momentumOfNorm: speedRunOptions.momentumOfNorm.meta({ onlyWith: { norm: 'batch' } }),
  }),
).refine(({ readOut, units }) => readOut <= units.length, {
  path: ['readOut'],
  error: 'there are not so many layers',
})

export type ChannelGoodnessHyper = z.infer<typeof hyper>

const cifar = (units: readonly number[]) => ({ units, poolAfter: [0, 2, 4], smoothing: 0.1, readOut: 3 })

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'two layers of 20 and 30 channels on glyphs',
    hyper: { readOut: 2 },
    train: { epochs: 2, batch: 50 },
  },
  s: {
    description: 'a small net for CIFAR-10: 40, 50, 100, 100, 130, 130 channels',
    hyper: { ...cifar([40, 50, 100, 100, 130, 130]), rate: 0.2 },
    train: { epochs: 8, batch: 250, ...augmented },
  },
  'cifar-10': {
    description: '100, 100, 200, 200, 400, 400 channels for CIFAR-10, lower layers freeze',
    hyper: { ...cifar([100, 100, 200, 200, 400, 400]), until: [0.6, 0.7, 0.85, 1, 1, 1] },
    train: { epochs: 30, batch: 500, ...augmented },
  },
}
