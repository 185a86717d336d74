import { z } from 'zod'
import { networkOptions } from '../../nn/network.js'
import type { Preset } from '../contract.js'
import { augmented, speedRunOptions, withChecks } from '../speed-run/options.js'

export const hyper = withChecks(
  z.strictObject({
    network: networkOptions.network.default('convolutional'),
    ...speedRunOptions,
    units: speedRunOptions.units.default([32, 48, 96]),
    kernel: networkOptions.kernel.default(3),
    poolAfter: speedRunOptions.poolAfter.default([0, 2]).meta({ onlyWith: { network: 'convolutional' } }),
    whiten: speedRunOptions.whiten.meta({ onlyWith: { network: 'convolutional' } }),
    activation: z.enum(['gelu', 'relu', 'leaky-relu']).default('gelu').describe('leaky-relu: slope 0.01 (predsim)'),
    dropout: z
      .number()
      .min(0)
      .max(0.9)
      .default(0)
      .meta({ search: { low: 0, high: 0.5 } })
      .describe('part of the outputs that the layer above misses (predsim)'),
    head: z
      .enum(['linear', 'convolutional', 'predsim'])
      .default('linear')
      .describe('what reads a layer for its loss; predsim: a linear head and a loss of similarity'),
    headUnits: z
      .int()
      .min(1)
      .default(64)
      .meta({ onlyWith: { head: 'convolutional' } })
      .describe('channels of the convolution in a head (dense: units)'),
    headInputs: z
      .int()
      .min(1)
      .default(1024)
      .meta({ onlyWith: { network: 'convolutional', head: ['linear', 'predsim'] } })
      .describe('most numbers that a linear head reads, but at least one for each channel: maps are pooled first'),
    similarity: z
      .number()
      .min(0)
      .max(1)
      .default(0.99)
      .meta({ onlyWith: { head: 'predsim' } })
      .meta({ search: { low: 0.8, high: 1 } })
      .describe('weight of the loss of similarity; the rest is the cross-entropy: at 1 a head learns to say nothing'),
    heads: z.enum(['each', 'last']).default('each').describe('which layers have a loss; last with window: backprop'),
    window: z.int().min(1).default(1).describe('layers that the gradient of a loss reaches'),
    views: speedRunOptions.views.meta({ onlyWith: { network: 'convolutional' } }),
  }),
)
  .refine(({ heads, window, units }) => heads === 'each' || window >= units.length, {
    path: ['window'],
    error: 'with heads=last it must reach all layers, or some of them learn nothing',
  })
  .refine(({ until, window }) => until.length === 0 || window === 1, {
    path: ['until'],
    error: 'with a window above 1 a layer goes on learning from the losses of those above: leave it out (until=)',
  })
  .refine(({ readOut, heads, units }) => readOut <= (heads === 'last' ? 1 : units.length), {
    path: ['readOut'],
    error: 'there are not so many layers with a head',
  })

export type LocalHeadsHyper = z.infer<typeof hyper>

/** Channels, pooling and freezing of the nets S and M: the small, well-conditioned nets of the speed-runs. */
const speedRun = (units: readonly number[], headUnits: number) => ({
  units,
  poolAfter: [0, 2, 5],
  head: 'convolutional',
  headUnits,
  smoothing: 0.1,
  readOut: 3,
})

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'two dense layers of 300 with linear heads on glyphs',
    hyper: { network: 'dense', units: [300, 300], rate: 0.02, readOut: 2 },
    train: { epochs: 4, batch: 100 },
  },
  s: {
    description: 'net S for CIFAR-10: 32, 48, 96, 96, 128, 128 channels, heads of 40',
    hyper: speedRun([32, 48, 96, 96, 128, 128], 40),
    train: { epochs: 8, batch: 500, ...augmented },
  },
  m: {
    description: 'net M for CIFAR-10: 64, 96, 192, 192, 256, 256 channels, heads of 88, lower layers freeze',
    hyper: { ...speedRun([64, 96, 192, 192, 256, 256], 88), until: [0.5, 0.6, 0.75, 1, 1, 1] },
    train: { epochs: 28, batch: 500, ...augmented },
  },
  mnist: {
    description: 'net S on 28x28 images, heads of 40: they are shifted, and not mirrored',
    hyper: speedRun([32, 48, 96, 96, 128, 128], 40),
    train: { epochs: 20, batch: 500, augment: { shift: 2, padding: 'reflect' } },
  },
  predsim: {
    description: 'dense layers of 1024 with prediction and similarity (Nokland and Eidnes 2019), the schedule ours',
    hyper: {
      network: 'dense',
      units: [1024, 1024, 1024],
      activation: 'leaky-relu',
      momentumOfNorm: 0.1,
      dropout: 0.1,
      head: 'predsim',
      optimizer: 'adam',
      rate: 0.0005,
    },
    train: { epochs: 100, batch: 128, augment: { shift: 2 } },
  },
}
