import { z } from 'zod'
import { fanRule, networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'
import { alignmentOptions } from '../spike-alignment/phase.js'
import { CHOICES } from './losses.js'

/** The rules under this id: how what the output says reaches the hidden layers. */
export const METHODS = ['sbd', 'ebd', 'dfa', 'fa', 'sign-symmetry', 'drtp', 'kolen-pollack', 'backprop'] as const

export type Method = (typeof METHODS)[number]

/** Whether the feedback of a method is learned as a correlation with what is broadcast. */
export const learnsCorrelations = ({ method }: Pick<BroadcastHyper, 'method'>): boolean =>
  method === 'sbd' || method === 'ebd'

/** Whether an error comes down layer by layer, through feedback weights of the shape of the forward ones. */
export const isChained = ({ method }: Pick<BroadcastHyper, 'method'>): boolean =>
  ['fa', 'sign-symmetry', 'kolen-pollack', 'backprop'].includes(method)

/** The number of hidden layers. */
export const hiddenCount = ({ channels, units }: Pick<BroadcastHyper, 'channels' | 'units'>): number =>
  channels.length + units.length

const correlating = { onlyWith: { method: ['sbd', 'ebd'] } }

const options = z.strictObject({
  method: z
    .enum(METHODS)
    .default('sbd')
    .describe('score or error broadcast by learned correlations (sbd, ebd), and the rules that it is judged by'),
  loss: z
    .enum(CHOICES)
    .default('auto')
    .describe("the output's; auto: squared-error with ebd and for values, bernoulli for labels, else cross-entropy"),
  quantile: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.5)
    .meta({ onlyWith: { loss: 'pinball' } })
    .describe('tau, the quantile that the pinball loss asks for'),
  factors: z
    .array(z.enum(['p', 'c', 's']))
    .default([])
    .meta({ onlyWith: { method: 'sbd' } })
    .describe('score expansion: s is broadcast with p*s (p: the prediction) or c*s (c: projections of the input)'),
  projections: z.int().min(1).default(4).describe('random projections c of the input; only with the factor c (ours)'),
  channels: z
    .array(z.int().min(1))
    .default([])
    .describe('channels of convolutional layers below the dense ones; none: a dense network'),
  units: networkOptions.units.default([500, 500]).describe('units of each dense hidden layer'),
  kernels: z
    .array(z.int().min(1))
    .min(1)
    .default([3])
    .describe('side of the kernels of each convolution, or of all; only with channels'),
  strides: z
    .array(z.int().min(1))
    .min(1)
    .default([1])
    .describe('stride of each convolution, or of all; only with channels'),
  poolAfter: z.array(z.int().min(0)).default([]).describe('convolutions (from 0) that end in a 2x2 pooling'),
  pooling: z
    .enum(['average', 'max'])
    .default('average')
    .describe('kind of the pooling; only with poolAfter (EBD on CIFAR-10: average)'),
  activation: z.enum(['relu', 'tanh']).default('relu').describe('of hidden units (EBD: relu)'),
  memory: z
    .number()
    .min(0)
    .max(1)
    .default(0.9999)
    .meta(correlating)
    .meta({ search: { choices: [0.99, 0.999, 0.9999, 0.99999] } })
    .describe('lambda of the running correlations (EBD: 0.99999; below 0.999 activity dies)'),
  correlation: z
    .number()
    .min(0)
    .default(0.01)
    .meta(correlating)
    .meta({ search: { low: 1e-3, high: 0.1, log: true } })
    .describe('standard deviation with which correlations start (EBD: 0.01)'),
  normalize: z
    .boolean()
    .default(true)
    .meta(correlating)
    .describe("divide what a layer hears by its correlations' norm (ours; EBD: rates of 1e4 in its place)"),
  power: z
    .number()
    .min(0)
    .default(0.001)
    .meta(correlating)
    .meta({ search: { low: 1e-5, high: 0.1, log: true } })
    .describe("weight of EBD's power norm, which keeps activity alive, beside what is broadcast (0.001: ours)"),
  powerLevel: z
    .number()
    .positive()
    .default(0.25)
    .meta(correlating)
    .describe('P, the mean square that the power norm asks of each unit (EBD: 0.25, 0.25, 0.1 by layer)'),
  magnitude: z
    .enum(['unit', 'batch', 'fixed'])
    .default('unit')
    .meta({ onlyWith: { method: 'sign-symmetry' } })
    .describe('of feedback: one for all (uSF), drawn for each batch (brSF), or drawn once (frSF)'),
  ...alignmentOptions,
  align: alignmentOptions.align.meta({ onlyWith: { method: ['fa', 'dfa'] } }),
  ...optimizerOptions,
  rate: optimizerOptions.rate.default(0.001).describe('step size of the hidden layers (ours)'),
  outputRate: optimizerOptions.rate.default(0.001).describe('step size of the output layer (ours)'),
  initial: fanRule.default('he').describe('standard deviation of the initial weights (EBD: 0.75 of it)'),
})

export type BroadcastHyper = z.infer<typeof options>

export const hyper = options.superRefine((h, { addIssue }) => {
  const refuse = (path: keyof BroadcastHyper, message: string): void =>
    addIssue({ code: 'custom', path: [path], message })
  if (h.factors.includes('s'))
    refuse(
      'factors',
      "s*s is no admissible factor: of an input its mean is the score's variance, so it does not vanish at the optimum; take p or c, which depend on the input alone",
    )
  if (new Set(h.factors).size < h.factors.length) refuse('factors', 'name each factor once')
  if (learnsCorrelations(h) && h.memory === 1 && h.correlation === 0)
    refuse(
      'correlation',
      'with memory=1 correlations stay as they start, so that from 0 hidden layers would hear nothing',
    )
  if (h.method === 'ebd' && h.loss !== 'auto' && h.loss !== 'squared-error')
    refuse(
      'loss',
      'EBD broadcasts the error of the squared-error loss; the score of another loss is what sbd broadcasts',
    )
  for (const name of ['kernels', 'strides'] as const)
    if (![1, h.channels.length].includes(h[name].length))
      refuse(name, `the network has ${h.channels.length} convolutions: give as many numbers, or one`)
  const missing = h.poolAfter.find((i) => i >= h.channels.length)
  if (missing !== undefined)
    refuse('poolAfter', `the network has ${h.channels.length} convolutions, counted from 0: there is none ${missing}`)
})

/** What to expect of these options, for people. */
export function warningsOf(h: BroadcastHyper): string[] {
  const warnings: string[] = []
  const hidden = hiddenCount(h)
  if (learnsCorrelations(h) && h.activation === 'relu' && h.power === 0 && hidden >= DEEP)
    warnings.push(
      `${h.method} with ${hidden} hidden layers of rectified units and without a power norm tends to collapse: activity ` +
        'that is decorrelated may as well die; take power=0.001, or activation=tanh',
    )
  if (learnsCorrelations(h) && h.memory < 0.999)
    warnings.push(
      `memory=${h.memory}: the correlations chase single batches, and the activity that they see dies; take 0.999 or more`,
    )
  if (h.method === 'kolen-pollack' && (h.weightDecay === 0 || h.optimizer === 'muon')) {
    const where =
      h.optimizer === 'muon'
        ? 'with optimizer=muon, which decays no matrix, is feedback alignment in dense layers'
        : 'without weightDecay is feedback alignment'
    warnings.push(`kolen-pollack ${where}: what feedback and forward weights differ by never decays`)
  }
  return warnings
}

/** Hidden ReLU layers from which on the plain rule tends to collapse: six do, and EBD's convolutional net has four. */
const DEEP = 5
