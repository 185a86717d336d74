import { z } from 'zod'
import { networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'

/** Muon, at what the speed-runs take. */
export const muonOptions = {
  ...optimizerOptions,
  optimizer: optimizerOptions.optimizer.default('muon'),
  momentum: optimizerOptions.momentum.default(0.6),
  rate: optimizerOptions.rate.default(0.1),
}

/** The options by which rules describe a network of the CIFAR-10 speed-runs, its schedule and its read-out. */
export const speedRunOptions = {
  units: networkOptions.units,
  poolAfter: z
    .array(z.int().min(0))
    .describe('layers (from 0) with a 2x2 max-pooling between convolution and normalisation'),
  whiten: z
    .boolean()
    .default(true)
    .describe('whether layer 0 reads 2x2 patches, whitened by the first batch (speed-runs)'),
  momentumOfNorm: z.number().positive().max(1).default(0.5).describe("a batch's part in the running statistics"),
  smoothing: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .meta({ search: { low: 0, high: 0.3 } })
    .describe('label smoothing'),
  until: z
    .array(z.number().positive().max(1))
    .default([])
    .describe('for each layer, from below, the part of the training in which it learns; none: all of it'),
  readOut: z.int().min(1).default(1).describe('last layers whose log-probabilities are summed for a prediction'),
  readOutWeights: z
    .array(z.number().min(0))
    .default([])
    .describe('their weights in that sum, from below, found on held-out images; none: equal'),
  views: z
    .enum(['one', 'mirrored', 'six'])
    .default('one')
    .describe('views of an image that are averaged in use; six: mirrored, and shifted by a pixel at half weight'),
  ...muonOptions,
}

/** What the shared parts read of the options of a rule. */
export type SpeedRunHyper = z.infer<z.ZodObject<typeof speedRunOptions>>

type ReadOut = Pick<SpeedRunHyper, 'units' | 'readOut' | 'readOutWeights'>

/** What a prediction is made of: the last layers with scores, and their weights. */
export const predictionOf = ({ units, readOut, readOutWeights }: ReadOut) => ({
  meanFrom: units.length - readOut,
  ...(readOutWeights.length > 0 && { weights: readOutWeights }),
})

/**
 * A table of options with lists checked: `until` holds nothing, or one number for each layer, of which one is 1;
 * `readOutWeights` holds nothing, or one number for each layer that is read out.
 */
export const withChecks = <T extends z.ZodType<ReadOut & Pick<SpeedRunHyper, 'until'>>>(table: T): T =>
  table
    .refine(({ readOut, readOutWeights: { length } }) => length === 0 || length === readOut, {
      path: ['readOutWeights'],
      error: 'it needs one number for each of the last layers that readOut counts, or none',
    })
    .refine(({ readOutWeights }) => readOutWeights.length === 0 || readOutWeights.some((weight) => weight > 0), {
      path: ['readOutWeights'],
      error: 'one of them is above 0',
    })
    .refine(({ until, units }) => until.length === 0 || until.length === units.length, {
      path: ['until'],
      error: 'it needs one number for each layer, or none',
    })
    .refine(({ until }) => until.length === 0 || Math.max(...until) === 1, {
      path: ['until'],
      error: 'at least one layer learns to the end: its number is 1',
    })

/** Settings of a training on CIFAR-10: images shifted with reflection, and mirrored in every other epoch. */
export const augmented = { augment: { shift: 2, padding: 'reflect', flip: true, alternate: true } }
