import { z } from 'zod'
import { fanRule, networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'

const options = z.strictObject({
  units: networkOptions.units.default([512]).describe('units of each hidden layer (512: Ernoult 2019)'),
  activation: z
    .enum(['clip', 'logistic'])
    .default('clip')
    .describe('of hidden units: the hard sigmoid (Scellier 2023) or logistic(4a - 2) (Ernoult 2019)'),
  output: z
    .enum(['linear', 'logistic', 'cross-entropy'])
    .default('linear')
    .describe('linear units with squared error (Scellier 2023), logistic ones (Ernoult 2019), a softmax read-out'),
  estimator: z
    .enum(['centred', 'positive', 'negative', 'random-sign'])
    .default('centred')
    .describe('which states are compared (centred: Laborieux 2021; best in the comparison of Scellier 2023)'),
  beta: z
    .number()
    .positive()
    .default(0.25)
    .meta({ search: { low: 0.05, high: 0.9, log: true } })
    .describe('nudging strength (Scellier 2023)'),
  freeSweeps: z.int().min(1).default(20).describe('T1, sweeps of the free phase, at most (steps of S&B net1)'),
  nudgedSweeps: z.int().min(1).default(8).describe('T2, sweeps of each nudged phase (ours)'),
  tolerance: z
    .number()
    .min(0)
    .default(0)
    .describe('the free phase of a training step ends where no unit moves by more in a sweep; 0: it takes T1 sweeps'),
  rates: z
    .array(z.number().positive())
    .min(1)
    .default([0.001])
    .meta({ search: { low: 1e-4, high: 0.3, log: true } })
    .describe('step size of each layer from the input up, or one for all (0.001 with adam: smonsays; sgd: see p-1h)'),
  optimizer: optimizerOptions.optimizer,
  momentum: optimizerOptions.momentum.describe('momentum of sgd (Scellier 2023) and muon'),
  adamRate: optimizerOptions.adamRate,
  weightDecay: optimizerOptions.weightDecay,
  schedule: optimizerOptions.schedule.default('cosine').describe('of all step sizes'),
  initial: fanRule
    .default('fan-in')
    .describe('standard deviation of the initial weights, which are uniform; biases begin at 0'),
  gains: z
    .array(z.number().positive())
    .min(1)
    .default([0.3])
    .meta({ search: { low: 0.1, high: 1, log: true } })
    .describe('factor on the initial weights of each layer, or one for all (Scellier 2023: 0.29 of fan-in)'),
})

/**
 * Each layer has its own number, or all have one; a negative nudge of box or linear units must leave their energy a
 * minimum.
 */
export const hyper = options.superRefine(({ beta, estimator, output, units, ...h }, { addIssue }) => {
  const refuse = (path: 'beta' | 'rates' | 'gains', message: string): void =>
    addIssue({ code: 'custom', path: [path], message })
  if (beta >= 1 && estimator !== 'positive' && output !== 'cross-entropy')
    refuse(
      'beta',
      `a negative nudge of ${output} output units must be weaker than 1; take a smaller one, or the estimator positive`,
    )
  const count = units.length + 1
  for (const name of ['rates', 'gains'] as const)
    if (![1, count].includes(h[name].length))
      refuse(name, `the network has ${count} layers: give ${count} numbers or 1`)
})

export type EquilibriumPropagationHyper = z.infer<typeof hyper>

/** One number for each layer. */
export const perLayer = (name: 'rates' | 'gains', h: EquilibriumPropagationHyper): number[] =>
  [...h.units, 'output'].map((_, k) => h[name][k] ?? h[name][0]!)
