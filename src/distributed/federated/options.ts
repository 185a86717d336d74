import { z } from 'zod'
import { UsageError } from '../../errors.js'
import { checkEffect, checkOptions, type Values } from '../../options/index.js'
import { AGGREGATIONS, type AggregationName } from './aggregate/table.js'

const aggregations = Object.keys(AGGREGATIONS) as [AggregationName, ...AggregationName[]]

/** The options of a federation, beside those of the rule and of the training. */
export const federatedOptions = z.strictObject({
  clients: z.int().min(1).max(10_000).default(10).describe('how many share the training samples'),
  rounds: z.int().min(1).default(20).describe('rounds; with the schedule greedy, of each layer'),
  localEpochs: z.int().min(1).default(1).describe('epochs of every client in a round'),
  localSteps: z
    .int()
    .min(1)
    .optional()
    .describe('the most batches of every client in a round; default: all of its epochs'),
  alpha: z
    .union([z.literal('even'), z.number().positive()])
    .default('even')
    .describe('how unlike the classes of clients are: the Dirichlet concentration, small is unlike'),
  aggregate: z.enum(aggregations).default('mean').describe('how the updates of a round are made one'),
  trim: z
    .number()
    .min(0)
    .lt(0.5)
    .default(0.2)
    .meta({ onlyWith: { aggregate: ['trimmed-mean', 'krum'] } })
    .describe('the share of clients that may be hostile: cut on both sides, or left out'),
  serverRate: z
    .number()
    .positive()
    .optional()
    .meta({ onlyWith: { aggregate: ['momentum', 'adam'] } })
    .describe("step size of the coordinator; default: momentum's 1, Adam's 0.01"),
  mostSamples: z
    .int()
    .min(1)
    .optional()
    .meta({ onlyWith: { aggregate: ['mean', 'momentum', 'adam', 'clipped-mean'] } })
    .describe('a client that claims more samples counts as having so many; default: three times the median'),
  wanted: z
    .int()
    .min(1)
    .optional()
    .describe('answers that a round needs; 30 % more are asked; default: all are asked, one in 1.3 is needed'),
  bits: z
    .union([z.literal(8), z.literal(32)])
    .default(32)
    .describe('of the numbers in uploads; 8: rounded at random, what is missing is sent later'),
  private: z
    .union([z.enum(['unread', 'none']), z.array(z.string())])
    .default('unread')
    .describe(
      'what never leaves a client: decoders and what else a layer needs to learn alone, nothing, or tensors by name',
    ),
  proximal: z.number().min(0).default(0).describe("pull of clients towards the round's model in each step (FedProx)"),
  noise: z
    .number()
    .min(0)
    .default(0)
    .describe('differential privacy: noise of the sum, in lengths of the longest update; 0: none'),
  clip: z.number().positive().optional().describe('differential privacy: the length of the longest update'),
  delta: z.number().gt(0).lt(1).default(0.00001).describe('differential privacy: the delta for which epsilon is told'),
  fewSamples: z
    .boolean()
    .default(false)
    .describe('an exact read-out from clients with no more samples than features: their sums tell of single samples'),
})

export type FederatedOptions = z.infer<typeof federatedOptions>
export type FederatedInput = z.input<typeof federatedOptions>

/** Defaults filled in. Throws a UsageError about the first thing that is wrong. */
export function federatedOf(wishes: FederatedInput = {}): FederatedOptions {
  const options = checkOptions(federatedOptions, wishes as Values, 'federated') as FederatedOptions
  checkEffect(federatedOptions, wishes as Values, options as Values, 'federated')
  const { noise, clip, aggregate, localEpochs, localSteps } = options
  if (noise > 0 && clip === undefined)
    throw new UsageError('noise is measured in lengths of the longest update: say how long that may be (--clip)')
  if (noise === 0 && clip !== undefined)
    throw new UsageError('clip is the bound of differential privacy: add noise, or choose --aggregate clipped-mean')
  if (noise > 0 && aggregate !== 'mean')
    throw new UsageError(`noise is added to a mean: leave --aggregate ${aggregate} out, or the noise`)
  if (localSteps !== undefined && localEpochs > 1)
    throw new UsageError('local-steps says how short the epoch of a round is: leave --local-epochs out')
  return options
}

/** The names of the clients: words, as subjects need them. */
export const clientNames = (count: number): string[] => Array.from({ length: count }, (_, k) => `client-${k + 1}`)
