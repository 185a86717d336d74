import { z } from 'zod'
import { SCHEDULE_NAMES } from '../../nn/schedules.js'

export const VARIANTS = ['F', 'H', 'TH', 'DH', 'TDH'] as const
export type Variant = (typeof VARIANTS)[number]

export const isTied = (variant: Variant): boolean => variant === 'TH' || variant === 'TDH'
export const isDense = (variant: Variant): boolean => variant === 'DH' || variant === 'TDH'

/** Options of networks that settle, which the feed-forward baseline does not. */
const settling = { onlyWith: { variant: VARIANTS.filter((variant) => variant !== 'F') } }

// "Reconstruction" is section 1 of our specification, which says what it inferred and what it measured.
export const hyper = z
  .strictObject({
    variant: z
      .enum(VARIANTS)
      .default('H')
      .describe('feed-forward baseline, layered, tied layered, dense, tied dense (digests; TH is ours)'),
    hidden: z.int().min(1).default(256).describe("hidden units (the reconstruction's runs)"),
    latent: z.int().min(1).default(16).describe("latent units (the reconstruction's runs)"),
    latentCouplings: z
      .boolean()
      .default(false)
      .meta({ onlyWith: { variant: VARIANTS.filter(isDense) } })
      .describe('dense: couple latent units with each other too (left open by the reconstruction)'),
    variance: z
      .enum(['fixed', 'learned'])
      .default('fixed')
      .describe('of the latent units, of all images alike or given by the encoder; tied networks have no units for it'),
    sigmaZ: z
      .number()
      .positive()
      .default(0.31)
      .describe("the latent units' fixed deviation, or the first learned one (a digest's fixed sigma, reconstructed)"),
    decoder: z
      .enum(['gaussian', 'bernoulli'])
      .default('gaussian')
      .describe('logistic visible units and squared error, or linear ones as logits (untied only)'),
    sigmaX: z
      .number()
      .positive()
      .default(0.31)
      .meta({ onlyWith: { decoder: 'gaussian' } })
      .describe("the Gaussian decoder's deviation (that of all MNIST pixels; reconstruction)"),
    freeSweeps: z
      .int()
      .min(1)
      .optional()
      .meta(settling)
      .describe('T1, sweeps of a free phase; default 20 layered, 60 dense (reconstruction)'),
    nudgedSweeps: z
      .int()
      .min(1)
      .optional()
      .meta(settling)
      .describe('T2, sweeps of a nudged phase; default 10 layered, 20 dense (reconstruction)'),
    damping: z
      .number()
      .min(0)
      .max(0.95)
      .default(0.5)
      .meta({ onlyWith: { variant: VARIANTS.filter(isDense) } })
      .meta({ search: { low: 0, high: 0.95 } })
      .describe("dense: the part of its old state that a unit keeps in a sweep (hopdeq's code)"),
    nudge: z
      .number()
      .positive()
      .default(0.2)
      .meta({ ...settling, search: { low: 0.02, high: 1, log: true } })
      .describe("the decoder's beta over sigmaX^2, or its beta with Bernoulli units (reconstruction)"),
    encoderNudge: z
      .number()
      .positive()
      .default(0.1)
      .meta({ ...settling, search: { low: 0.02, high: 1, log: true } })
      .describe("the encoder's beta times the length of its error, image by image (reconstruction)"),
    encoderForce: z
      .enum(['linear', 'mixed'])
      .default('linear')
      .meta(settling)
      .describe(
        'hold all of dL/dmu while nudging, or let the KL part follow mu; alike for small nudges (reconstruction)',
      ),
    klWarmup: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .meta({ search: { low: 0, high: 0.5 } })
      .describe('part of the training in which the weight of the KL rises from 0.1 to 1 (reconstruction; 0: never)'),
    rate: z
      .number()
      .positive()
      .default(0.001)
      .meta({ search: { low: 1e-4, high: 0.01, log: true } })
      .describe("Adam's step size (reconstruction)"),
    schedule: z
      .enum(SCHEDULE_NAMES)
      .default('constant')
      .meta({ search: true })
      .describe("of the step size (the reconstruction's runs)"),
    weightDecay: z
      .number()
      .min(0)
      .default(0)
      .meta({ search: { choices: [0, 1e-5, 1e-4, 1e-3] } })
      .describe('decoupled (reconstruction)'),
  })
  .refine(({ variant, variance }) => !(isTied(variant) && variance === 'learned'), {
    path: ['variance'],
    message: 'choose fixed, since the units of a tied network that hold mu are those that receive z',
  })
  .refine(({ variant, decoder }) => !(isTied(variant) && decoder === 'bernoulli'), {
    path: ['decoder'],
    message: 'choose gaussian, since the visible units of a tied network hold pixels, not logits',
  })

export type HopfieldVaeHyper = z.infer<typeof hyper>
