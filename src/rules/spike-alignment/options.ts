import { z } from 'zod'
import { fanRule, networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'
import type { Preset } from '../contract.js'
import { alignmentOptions } from './phase.js'

export const hyper = z.strictObject({
  units: networkOptions.units.default([384, 192]).describe('units of each hidden layer (SAL: 384, 192)'),
  activation: z.enum(['relu', 'tanh']).default('relu').describe('of hidden units (SAL: relu)'),
  ...alignmentOptions,
  align: alignmentOptions.align.default('sal'),
  ...optimizerOptions,
  optimizer: optimizerOptions.optimizer.default('sgd'),
  rate: z
    .number()
    .min(0)
    .default(0.01)
    .meta({ search: { low: 1e-4, high: 0.3, log: true } })
    .describe('step size of all layers (SAL: 0.01); 0: feedback alone learns'),
  schedule: optimizerOptions.schedule.default('constant'),
  initial: fanRule.default('he').describe('standard deviation of the initial weights (ours)'),
})

export type SpikeAlignmentHyper = z.infer<typeof hyper>

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: '784-200-100, feedback aligned before each epoch, for glyphs',
    hyper: { units: [200, 100], alignBatch: 16, alignRate: 0.4, optimizer: 'adam', rate: 0.002, schedule: 'linear' },
    train: { epochs: 8, batch: 50 },
  },
  pair: {
    description: 'the experiment with 50 x 50 units: their feedback alone learns, the layers stay as they are',
    hyper: {
      units: [50, 50],
      rate: 0,
      initial: 'fan-in',
      alignTimes: 1,
      alignSteps: 1250,
      alignBatch: 8,
      alignRate: 0.05,
    },
    train: { epochs: 100, batch: 1000 },
  },
  mnist: {
    description: "784-384-192, SAL's dense layers; optimiser and rates ours (by validation)",
    hyper: { alignRate: 0.3, optimizer: 'adam', rate: 0.002, schedule: 'linear' },
    train: { epochs: 8, batch: 100 },
  },
}
