import { z } from 'zod'
import type { Preset } from '../contract.js'
import { augmented, muonOptions, speedRunOptions } from '../speed-run/options.js'

export const hyper = z
  .strictObject({
    units: z.array(z.int().min(1)).min(1).default([12, 24, 32]).describe('channels of each layer'),
    poolAfter: z.array(z.int().min(0)).default([0, 1]).describe('layers (from 0) that hand up a 2x2 average-pooling'),
    whiten: z.boolean().default(true).describe('whether layer 0 reads whitened 2x2 patches (ours, of the speed-runs)'),
    channel: z.enum(['none', 'fixed', 'learned']).default('learned').describe('energies of projected channels'),
    projections: z
      .number()
      .positive()
      .max(4)
      .default(0.5)
      .meta({ onlyWith: { channel: ['fixed', 'learned'] } })
      .describe('projections, as a part of the channels (C/2)'),
    space: z
      .array(z.int().min(2))
      .default([2, 4])
      .describe('sides of the cells whose means are squared, in maps where they fit; none: no such'),
    values: z.int().min(1).default(1024).describe('most energies of one group: sets the grid that they are pooled to'),
    reading: z.enum(['fixed', 'learned']).default('fixed').describe('the map from goodness to classes (ASGE: fixed)'),
    temperature: z
      .number()
      .positive()
      .default(4)
      .meta({ search: { low: 1, high: 16, log: true } })
      .describe('start of the scale of the logits; learned'),
    alignment: z.boolean().default(true).describe('zero-initialised 1x1 correction of what comes from another window'),
    fusion: z
      .boolean()
      .default(true)
      .describe('weights of the layers in a prediction are learned; else the last alone'),
    window: z.int().min(1).default(1).describe('layers of a group: one loss, at its end, for all of them'),
    smoothing: speedRunOptions.smoothing,
    ...muonOptions,
  })
  .superRefine(({ units: { length }, window }, { addIssue }) => {
    if (length % window === 0) return
    addIssue({
      code: 'custom',
      path: ['window'],
      message: `${length} layers make no whole groups of that size: take a number that divides ${length}`,
    })
  })

export type CovarianceHyper = z.infer<typeof hyper>

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'three layers of 12, 24 and 32 channels on glyphs',
    hyper: {},
    train: { epochs: 2, batch: 50 },
  },
  'depth-8': {
    description: 'eight layers for CIFAR-10, 32 to 128 channels',
    hyper: { smoothing: 0.1, units: [32, 32, 64, 64, 128, 128, 128, 128], poolAfter: [0, 3, 6] },
    train: { epochs: 12, batch: 250, ...augmented },
  },
  'depth-16': {
    description: 'the same with twice the layers',
    hyper: {
      smoothing: 0.1,
      units: [32, 32, 32, 32, 64, 64, 64, 64, 128, 128, 128, 128, 128, 128, 128, 128],
      poolAfter: [1, 7, 13],
    },
    train: { epochs: 12, batch: 250, ...augmented },
  },
}
