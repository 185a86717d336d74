import { z } from 'zod'
import { fanRule, networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'
import type { Preset } from '../contract.js'
import { alignmentOptions } from '../spike-alignment/phase.js'

export const hyper = z
  .strictObject({
    method: z
      .enum(['rec-lra', 'backprop'])
      .default('rec-lra')
      .describe('how layers learn; backprop: the same network by the gradient of its loss, the yardstick'),
    ...networkOptions,
    network: networkOptions.network.default('dense'),
    units: networkOptions.units.default([500, 500]),
    kernel: networkOptions.kernel.default(3),
    poolAfter: networkOptions.poolAfter
      .default([])
      .describe('layers (from 0) with a 2x2 max-pooling between convolution and normalisation'),
    residual: z
      .array(z.int().min(2))
      .default([])
      .describe('layers (from 0) whose pre-activation also gets the output of the layer two below'),
    whiten: z
      .boolean()
      .default(false)
      .meta({ onlyWith: { network: 'convolutional' } })
      .describe('whether layer 0 reads 2x2 patches, whitened by the first batch'),
    norm: z
      .enum(['none', 'layer', 'batch'])
      .default('batch')
      .describe('normalisation of pre-activations (ports of the paper: layer)'),
    activation: z.enum(['relu', 'tanh', 'gelu']).default('relu').describe('phi; its derivative is never taken'),
    errorSkip: z
      .int()
      .min(0)
      .default(0)
      .meta({ onlyWith: { method: 'rec-lra' } })
      .describe("m: hidden layers m, 2m, ... (from 1) get the output's error straight; 0: none (the paper: some m)"),
    beta: z
      .number()
      .min(0)
      .default(0.1)
      .meta({ onlyWith: { method: 'rec-lra' } })
      .meta({ search: { low: 0.01, high: 1, log: true } })
      .describe('how far a pre-activation is moved for its target (ports: about 0.1)'),
    alpha: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .meta({ onlyWith: { method: 'rec-lra' } })
      .describe("a: an error's part in the mix of it with its sign (ports: 0.24; 1: ours)"),
    skipAlpha: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .meta({ onlyWith: { method: 'rec-lra' } })
      .describe('the same at the end of an error skip; only with errorSkip above 0 (ports: 0.19)'),
    feedbackRule: z
      .enum(['transpose', 'hebb'])
      .default('transpose')
      .meta({ onlyWith: { method: 'rec-lra' } })
      .describe('feedback gets the transposed update of the weight that it mirrors, or grows by Hebb'),
    gamma: z
      .number()
      .min(0)
      .default(1)
      .meta({ onlyWith: { method: 'rec-lra' } })
      .meta({ search: { low: 0.1, high: 10, log: true } })
      .describe('step size of feedback, as a part of rate; 0: it stays as it is drawn (ports: 0.01)'),
    updateBall: z
      .number()
      .min(0)
      .default(0)
      .describe('radius of the ball into which the gradient of each matrix is scaled; 0: none'),
    weightBall: z
      .number()
      .min(0)
      .default(0)
      .describe('radius of the ball into which each matrix is scaled after its update; 0: none'),
    ...alignmentOptions,
    align: alignmentOptions.align.meta({ onlyWith: { method: 'rec-lra', network: 'dense' } }),
    ...optimizerOptions,
    rate: optimizerOptions.rate.default(0.001),
    initial: fanRule
      .default('he')
      .describe(
        'standard deviation of the initial weights of hidden layers (inferred: the output layer begins with zeros, and ' +
          'convolutions pass their first channels on as they are)',
      ),
    feedbackInitial: fanRule
      .default('fan-in')
      .meta({ onlyWith: { method: 'rec-lra' } })
      .describe('standard deviation of the initial feedback, which is drawn apart'),
  })
  .superRefine(({ method, residual, units, poolAfter, network, errorSkip }, context) => {
    const layers = `${units.length} hidden layers`
    if (method === 'rec-lra' && errorSkip > units.length)
      context.addIssue({
        code: 'custom',
        path: ['errorSkip'],
        message: `of ${layers} none would get the output's error straight: take ${units.length} at most, or 0 for no skips`,
      })
    const missing = poolAfter.find((i) => i >= units.length)
    if (missing !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['poolAfter'],
        message: `the network has ${layers}, counted from 0: there is none ${missing}`,
      })
    for (const i of residual) {
      const isPooled = network === 'convolutional' && [i - 1, i].some((layer) => poolAfter.includes(layer))
      if (i >= units.length || units[i] !== units[i - 2] || isPooled)
        context.addIssue({
          code: 'custom',
          path: ['residual'],
          message: `layer ${i} must have as many units as layer ${i - 2}, with no pooling in it or between them`,
        })
    }
  })

export type RecLraHyper = z.infer<typeof hyper>

/** Whether hidden layer i gets the output's error straight. */
export const isSkipEnd = ({ errorSkip }: Pick<RecLraHyper, 'errorSkip'>, i: number): boolean =>
  errorSkip > 0 && (i + 1) % errorSkip === 0

export const presets: Readonly<Record<string, Preset>> = {
  quick: {
    description: 'three dense layers on glyphs, every second one with an error skip',
    hyper: { units: [300, 300, 300], errorSkip: 2, rate: 0.003 },
    train: { epochs: 5, batch: 100 },
  },
  mnist: {
    description: '784-500-500-500, an error skip to the second layer (settings ours)',
    hyper: { units: [500, 500, 500], errorSkip: 2, rate: 0.002 },
    train: { epochs: 8, batch: 250 },
  },
  'cifar-10': {
    description: 'a residual net of nine convolutions, an error skip to the end of each of its three blocks',
    hyper: {
      network: 'convolutional',
      units: [24, 24, 24, 48, 48, 48, 96, 96, 96],
      poolAfter: [0, 3, 6],
      residual: [2, 5, 8],
      whiten: true,
      errorSkip: 3,
      beta: 0.3,
      optimizer: 'muon',
      momentum: 0.6,
      rate: 0.2,
    },
    train: { epochs: 8, batch: 250, augment: { shift: 2, padding: 'reflect', flip: true, alternate: true } },
  },
}
