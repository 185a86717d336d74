import { z } from 'zod'
import { optimizerOptions } from '../../nn/optimizers.js'
import type { Preset } from '../contract.js'

const ofVae = { onlyWith: { cell: 'vae' } }

export const hyper = z.strictObject({
  cell: z
    .enum(['vae', 'random-patches'])
    .default('vae')
    .describe('what codes patches: a sparse variational auto-encoder, or, the control, patches drawn at random'),
  latents: z.int().min(1).default(300).describe('of the cell: filters, of which each makes 8 features'),
  kernel: z.int().min(2).default(6).describe('rows and columns of a patch (Coates et al.: 6)'),
  patches: z.int().min(1).default(10).describe('patches that are drawn from each image of a batch (ours)'),
  epsilon: z
    .number()
    .positive()
    .default(0.1)
    .meta({ search: { low: 0.01, high: 1, log: true } })
    .describe('added to the eigenvalues where patches are whitened (Coates)'),
  deviation: z.number().positive().default(0.3).meta(ofVae).describe('sigma of p(x | z) (specification)'),
  beta: z
    .number()
    .min(0)
    .default(0.5)
    .meta({ ...ofVae, search: { low: 0.1, high: 2, log: true } })
    .describe('weight of the KL (specification)'),
  rate: z
    .number()
    .positive()
    .default(0.002)
    .meta({ ...ofVae, search: { low: 5e-4, high: 0.01, log: true } })
    .describe('step size of Adam (specification)'),
  schedule: optimizerOptions.schedule.meta(ofVae).describe('how the step size falls (specification: linearly)'),
  alpha: z
    .number()
    .min(0)
    .optional()
    .describe("what is taken off each response; default: the VAE's own theta, 0.25 for drawn patches (Coates and Ng)"),
  views: z
    .enum(['one', 'mirrored'])
    .default('one')
    .describe('mirrored: the read-out learns from each image and its mirror image, and means over both in use'),
  lambda: z
    .array(z.number().positive())
    .min(1)
    .default([100, 1000, 10000])
    .describe('penalty of the read-out; of several the best on held-out training images (specification: 1e3 to 1e4)'),
})

export type SparseCellsHyper = z.infer<typeof hyper>

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: '100 latents on glyphs',
    hyper: { latents: 100 },
    train: { epochs: 3, batch: 100 },
  },
  small: {
    description: '300 latents on 10,000 images of CIFAR-10',
    hyper: {},
    train: { epochs: 15, batch: 100, limit: 10_000 },
  },
  'cifar-10': {
    description: '1,600 latents on CIFAR-10 with mirror images; 12,800 features take 4 GiB and hours',
    hyper: { latents: 1600, views: 'mirrored', lambda: [3000] },
    train: { epochs: 18, batch: 50 },
  },
}
