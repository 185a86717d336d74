import { z } from 'zod'
import { SCHEDULE_NAMES } from '../../nn/schedules.js'
import { PRIORS } from './priors.js'

const priors = Object.keys(PRIORS) as [keyof typeof PRIORS, ...(keyof typeof PRIORS)[]]

export const hyper = z.strictObject({
  couplings: z.int().min(1).default(4).describe('additive couplings, one above the other (paper, section 3.2)'),
  units: z
    .array(z.int().min(1))
    .min(1)
    .default([1000, 1000, 1000, 1000, 1000])
    .describe("units of each hidden layer of a coupling's network (paper, MNIST)"),
  split: z
    .enum(['alternating', 'random'])
    .default('alternating')
    .describe(
      'the half that a coupling changes: odd and even places in turn (paper), or a new random half for each (ours)',
    ),
  prior: z.enum(priors).default('logistic').describe('of the latent coordinates (paper: logistic for MNIST)'),
  gradient: z
    .enum(['reconstructed', 'kept'])
    .default('reconstructed')
    .describe(
      "joint training: reconstruct each coupling's input from its output, or keep all activities; the same gradient",
    ),
  rate: z
    .number()
    .positive()
    .default(0.001)
    .meta({ search: { low: 1e-4, high: 0.01, log: true } })
    .describe("Adam's step size (paper)"),
  scaleRate: z
    .number()
    .positive()
    .default(10)
    .meta({ search: { low: 1, high: 30, log: true } })
    .describe("the scalings' step size over that of the networks (ours: at 1 they lag behind for many epochs)"),
  beta1: z.number().min(0).lt(1).default(0.9).describe("Adam's first decay (paper)"),
  beta2: z
    .number()
    .min(0)
    .lt(1)
    .default(0.99)
    .describe("Adam's second decay (the paper's 0.01 in the notation of Adam's first version, reconstructed)"),
  epsilon: z.number().positive().default(1e-4).describe('what Adam adds to its denominator (paper)'),
  schedule: z
    .enum(SCHEDULE_NAMES)
    .default('constant')
    .meta({ search: true })
    .describe('how the step size falls over the training (paper: not)'),
})

export type NiceHyper = z.infer<typeof hyper>
