import { z } from 'zod'
import { fanRule, networkOptions } from '../../nn/network.js'
import { optimizerOptions } from '../../nn/optimizers.js'

/** Options that have no effect without goodness. */
const ofGoodness = { onlyWith: { objective: 'goodness' } }

/** Options that have no effect on hybrids of two images, which carry no label. */
const ofLabels = { onlyWith: { objective: 'goodness', negatives: ['uniform', 'hard', 'adaptive', 'fixed'] } }

export const hyper = z
  .strictObject({
    ...networkOptions,
    network: networkOptions.network.default('dense'),
    units: networkOptions.units.default([500, 500]),
    kernel: networkOptions.kernel.default(3),
    poolAfter: networkOptions.poolAfter.default([]),
    objective: z
      .enum(['goodness', 'heads'])
      .default('goodness')
      .describe(
        'what a layer learns: the goodness of true and false images, or, without negatives, a softmax head of its own ' +
          '(reconstructed)',
      ),
    loss: z
      .enum(['threshold', 'symba', 'swish'])
      .default('swish')
      .meta(ofGoodness)
      .describe("Hinton's loss, SymBa's, or its swish variant"),
    theta: z
      .number()
      .optional()
      .meta({ onlyWith: { ...ofGoodness.onlyWith, loss: 'threshold' } })
      .describe('threshold; default 2 with the mean of squares, the number of units with the sum'),
    alpha: z
      .number()
      .positive()
      .default(20)
      .meta({ onlyWith: { ...ofGoodness.onlyWith, loss: ['symba', 'swish'] } })
      .describe('steepness of symba and swish (4 and 6 in public code; 20: ours)'),
    goodness: z
      .enum(['mean', 'sum'])
      .default('mean')
      .meta(ofGoodness)
      .describe('mean or sum of the squared activities'),
    normalization: z
      .enum(['length', 'unit', 'layer'])
      .default('length')
      .meta({ search: true })
      .describe('between layers'),
    imageNormalization: z
      .enum(['length', 'unit'])
      .default('length')
      .describe('of the image and its label: to the length sqrt(n), or to unit length, as in two re-implementations'),
    negatives: z
      .enum(['uniform', 'hard', 'adaptive', 'fixed', 'hybrid'])
      .default('hard')
      .meta(ofGoodness)
      .describe(
        'wrong labels: any, drawn anew in every step; those that the softmax head finds likely; the one that the network ' +
          'predicted most before this epoch (in the first one any: reconstructed); one for each image, drawn once; or ' +
          'none: hybrids of two images',
      ),
    labelStrength: z
      .number()
      .positive()
      .default(1)
      .meta({ ...ofLabels, search: { low: 0.3, high: 3, log: true } })
      .describe('amplitude of the label code'),
    predict: z
      .enum(['energy', 'softmax'])
      .default('energy')
      .meta(ofLabels)
      .describe('K passes and the goodness, or one and the head'),
    energyFrom: z
      .int()
      .min(0)
      .default(0)
      .meta({ onlyWith: { predict: 'energy', negatives: ofLabels.onlyWith.negatives } })
      .describe('the first layer (from 0) whose goodness, or head, counts in predictions'),
    ...optimizerOptions,
    rate: optimizerOptions.rate.default(0.003).describe('step size of the layers'),
    peer: z
      .number()
      .min(0)
      .default(0)
      .meta({ ...ofGoodness, search: { choices: [0, 0.03, 0.1] } })
      .describe("strength of Hinton's peer normalisation (his 0.03 is 0.06 here)"),
    headRate: z
      .number()
      .positive()
      .default(0.01)
      .meta({ ...ofGoodness, search: { low: 1e-3, high: 0.1, log: true } })
      .describe(
        'step size of the softmax head, which hard and hybrid negatives and predict=softmax have; heads of layers have ' +
          'that of their layer',
      ),
    headWeightDecay: z
      .number()
      .min(0)
      .default(0)
      .meta({ ...ofGoodness, search: { choices: [0, 1e-3, 1e-2] } })
      .describe('weight decay of the softmax head'),
    initial: fanRule.default('fan-in'),
    headInitial: z
      .enum(['random', 'zero'])
      .default('random')
      .describe("the softmax head's first weights: like the layers', or zeros and no bias (Hinton's and Loewe's code)"),
  })
  .refine(({ energyFrom, units }) => energyFrom < units.length, {
    path: ['energyFrom'],
    message: 'expected the number of a layer, from 0',
  })

export type ForwardForwardHyper = z.infer<typeof hyper>

/** What to expect of settings that were seen to fail (docs/decisions/0029-pipelines.md). */
export const warningsOf = ({ objective, loss, goodness, optimizer, rate, units }: ForwardForwardHyper): string[] =>
  objective === 'goodness' &&
  loss === 'threshold' &&
  goodness === 'sum' &&
  optimizer === 'adam' &&
  rate >= 0.01 &&
  units.length > 2
    ? [
        'with the sum of squares, the threshold loss and steps of 0.01 by Adam the upper layers of the presets pff fell ' +
          'silent within 14 steps on MNIST; goodness=mean, loss=swish and rate=0.002 trained there',
      ]
    : []

/** Whether predictions are made by heads, not goodness: hybrid images carry no label that could be tried. */
export const saysByHead = ({ objective, negatives, predict }: ForwardForwardHyper): boolean =>
  objective === 'heads' || negatives === 'hybrid' || predict === 'softmax'

/** Whether goodness has a softmax head on all layers beside it. */
export const hasHead = ({ negatives, predict }: ForwardForwardHyper): boolean =>
  negatives === 'hard' || negatives === 'hybrid' || predict === 'softmax'

/** Whether the network of the epoch before chooses the negatives. */
export const isAdaptive = ({ objective, negatives }: ForwardForwardHyper): boolean =>
  objective === 'goodness' && negatives === 'adaptive'
