import { z } from 'zod'
import { networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'
import type { Preset } from '../contract.js'

export const hyper = z
  .strictObject({
    network: networkOptions.network.default('dense'),
    units: networkOptions.units
      .default([500, 500, 500])
      .describe("units (or channels) of each cell's hidden layers; three cells as in the paper, sizes ours"),
    latents: z
      .array(z.int().min(1))
      .min(1)
      .default([64])
      .describe('latent numbers (or channels) of each cell; the last one stands for the rest too (ours)'),
    kernel: networkOptions.kernel.default(3),
    cell: z.enum(['vae', 'ae']).default('vae').describe('variational cells, or plain auto-encoders: no noise, no KL'),
    encoders: z.enum(['learned', 'random']).default('learned').describe('random: they stay as they began, the control'),
    contrast: z
      .number()
      .min(0)
      .default(1)
      .meta({ search: { low: 0.1, high: 30, log: true } })
      .describe('lambda: weight of the contrast of A and B; 0: none (ours)'),
    contrastLoss: z
      .enum(['cosine-embedding', 'supervised-contrastive'])
      .default('cosine-embedding')
      .describe('the cosine embedding loss (IFFCL), or the softmax of the cosines (Khosla et al. 2020; ours)'),
    beta: z
      .number()
      .min(0)
      .default(0.0001)
      .meta({ onlyWith: { cell: 'vae' }, search: { low: 1e-6, high: 1e-2, log: true } })
      .describe('weight of the KL (ours; specification: 0.001 to 0.01)'),
    rate: z
      .number()
      .positive()
      .default(0.002)
      .meta({ search: { low: 1e-4, high: 0.03, log: true } })
      .describe('step size of the cells (ours)'),
    outputRate: z
      .number()
      .positive()
      .default(0.003)
      .meta({ search: { low: 1e-4, high: 0.03, log: true } })
      .describe('step size of the output layers (ours)'),
    schedule: optimizerOptions.schedule.describe('of all step sizes (ours)'),
  })
  .refine(({ latents, units }) => latents.length <= units.length, {
    path: ['latents'],
    message: 'expected at most one number for each of the cells, which are as many as there are units',
  })

export type VaeLayerHyper = z.infer<typeof hyper>

/** Chosen on validation images. The divergence sums over 7,168 latent numbers: hence so small a beta. */
const CIFAR = {
  network: 'convolutional',
  units: [32, 64, 128],
  latents: [16, 32, 64],
  kernel: 5,
  contrastLoss: 'supervised-contrastive',
  contrast: 16,
  beta: 0.000002,
  rate: 0.003,
} as const

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'two dense cells of 256 units and 32 latent numbers, for glyphs',
    hyper: { units: [256, 256], latents: [32], rate: 0.003 },
    train: { epochs: 12 },
  },
  mnist: { description: 'three dense cells of 500 units and 64 latent numbers', hyper: {}, train: { epochs: 10 } },
  'cifar-10': {
    description: 'three convolutional cells of 32, 64 and 128 channels, supervised contrast (ours), mirrored images',
    hyper: CIFAR,
    train: { epochs: 10, augment: { flip: true } },
  },
  'cifar-10-long': {
    description: 'as cifar-10, three times as long: does accuracy fall again?',
    hyper: CIFAR,
    train: { epochs: 30, augment: { flip: true } },
  },
}
