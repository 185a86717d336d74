import { z } from 'zod'
import { networkOptions } from '../../nn/network.js'
import { SCHEDULE_NAMES } from '../../nn/schedules.js'
import type { Preset } from '../contract.js'

export const hyper = z.strictObject({
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
  strides: z
    .array(z.int().min(1).max(4))
    .min(1)
    .default([2])
    .describe('strides of convolutional cells; the last one stands for the rest too (ours)'),
  cell: z.enum(['vae', 'ae']).default('vae').describe('variational cells, or plain auto-encoders: no noise, no KL'),
  control: z
    .enum(['none', 'random-encoder'])
    .default('none')
    .describe('random-encoder: encoders stay as they began, decoders and output layers learn'),
  contrast: z.number().min(0).default(1).describe('lambda: weight of the contrast of A and B; 0: none (ours)'),
  contrastLoss: z
    .enum(['cosine-embedding', 'supervised-contrastive'])
    .default('cosine-embedding')
    .describe(
      'the cosine embedding loss (IFFCL), or the softmax of the cosines of all pairs (Khosla et al. 2020; ours)',
    ),
  temperature: z.number().positive().default(0.2).describe('of the supervised contrastive loss (ours)'),
  pairs: z
    .enum(['drawn', 'all'])
    .default('drawn')
    .describe(
      'pairs of the contrast: a partner drawn for each image, or all of the batch, alike and unlike ones equally (ours)',
    ),
  contrastPlaces: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'convolutional: latents are averaged over the map to so many places a side before the contrast; 0: all (ours)',
    ),
  beta: z
    .number()
    .min(0)
    .default(0.0001)
    .describe('weight of the KL divergence (ours; the specification says 0.001 to 0.01)'),
  klWarmup: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('part of the training in which beta rises from 0; 0: none (ours)'),
  standardize: z
    .boolean()
    .default(true)
    .describe(
      'latents get mean 0 and variance 1, over the batch, before the next cell and the output layer (specification)',
    ),
  readout: z
    .enum(['all', 'last'])
    .default('all')
    .describe("what the output layer reads: all cells' latents (ours) or the last one's (the paper's picture)"),
  readoutPlaces: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'convolutional: latents are averaged over the map to so many places a side before the output layer; 0: all (ours)',
    ),
  rate: z.number().positive().default(0.002).describe('step size of the cells (ours)'),
  outputRate: z.number().positive().default(0.003).describe('step size of the output layers (ours)'),
  outputWeightDecay: z.number().min(0).default(0).describe('decoupled weight decay of the output layers (ours)'),
  schedule: z.enum(SCHEDULE_NAMES).default('linear').describe('of all step sizes (ours)'),
})

export type VaeLayerHyper = z.infer<typeof hyper>

/** Sizes and rates ours, chosen on validation images. The divergence sums over 7,168 latent numbers: hence so small a beta. */
const CIFAR = {
  network: 'convolutional',
  units: [32, 64, 128],
  latents: [16, 32, 64],
  kernel: 5,
  pairs: 'all',
  contrastLoss: 'supervised-contrastive',
  temperature: 0.3,
  contrast: 16,
  contrastPlaces: 2,
  readoutPlaces: 4,
  beta: 0.000002,
  rate: 0.003,
} as const

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'two dense cells of 256 units and 32 latent numbers, for glyphs',
    hyper: { units: [256, 256], latents: [32], pairs: 'all', rate: 0.003 },
    train: { epochs: 12, batch: 100 },
  },
  mnist: {
    description: 'three dense cells of 500 units and 64 latent numbers, 10 epochs, all pairs of a batch',
    hyper: { pairs: 'all' },
    train: { epochs: 10, batch: 100 },
  },
  'cifar-10': {
    description:
      'three convolutional cells of 32, 64 and 128 channels, 10 epochs, supervised contrast (ours), mirrored images',
    hyper: CIFAR,
    train: { epochs: 10, batch: 100, augment: { flip: true } },
  },
  'cifar-10-long': {
    description: 'as cifar-10, three times as long: does accuracy fall again?',
    hyper: CIFAR,
    train: { epochs: 30, batch: 100, augment: { flip: true } },
  },
  'cifar-10-stopped': {
    description: 'as cifar-10-long, but it stops after 3 epochs without a better validation accuracy',
    hyper: CIFAR,
    train: { epochs: 30, batch: 100, augment: { flip: true }, patience: 3 },
  },
}
