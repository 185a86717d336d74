import { UserError } from '../../../errors.js'
import { clippedToMedian } from './clip.js'
import { average } from './mean.js'
import { median, multiKrum, trimmedMean } from './robust.js'
import { adam, momentum, type ServerOptimizer, type ServerState } from './server.js'
import { normOf, type Update } from './update.js'

export interface AggregateOptions {
  /** Claims of more samples count as so many; absent: three times the median claim. */
  readonly mostSamples?: number | undefined
  /** The share of the clients that may be hostile: cut on both sides, or left out by Krum. */
  readonly trim: number
  /** The step size of the coordinator; absent: the aggregation's own. */
  readonly serverRate?: number | undefined
}

/** One way to make one step of a round's updates. */
export interface Aggregation {
  readonly does: string
  readonly source: string
  centre(updates: readonly Update[], options: AggregateOptions, pastNorms: readonly number[]): Float32Array
  /** Absent: the centre is the step. */
  readonly server?: ServerOptimizer
  /** It is made to hold back clients that lie. */
  readonly isRobust?: true
}

const deltasOf = (updates: readonly Update[]): Float32Array[] => updates.map(({ delta }) => delta)
const mean: Aggregation['centre'] = (updates, { mostSamples }) => average(updates, mostSamples)

export const AGGREGATIONS = {
  mean: { does: 'the mean by samples (FedAvg)', source: 'McMahan et al. 2017', centre: mean },
  momentum: {
    does: 'the mean, then momentum on the server (FedAvgM)',
    source: 'Hsu et al. 2019',
    centre: mean,
    server: momentum,
  },
  adam: {
    does: 'the mean, then Adam on the server (FedAdam)',
    source: 'Reddi et al. 2021',
    centre: mean,
    server: adam,
  },
  'clipped-mean': {
    does: 'the mean of updates that are no longer than the median of all norms so far',
    source: 'Sun et al. 2019',
    centre: (updates, options, norms) => mean(clippedToMedian(updates, norms), options, norms),
    isRobust: true,
  },
  'trimmed-mean': {
    does: 'of each number the mean without its largest and smallest values',
    source: 'Yin et al. 2018',
    centre: (updates, { trim }) => trimmedMean(deltasOf(updates), trim),
    isRobust: true,
  },
  median: {
    does: 'of each number the median',
    source: 'Yin et al. 2018',
    centre: (updates) => median(deltasOf(updates)),
    isRobust: true,
  },
  krum: {
    does: 'the mean of the updates that lie nearest to each other (Multi-Krum)',
    source: 'Blanchard et al. 2017',
    centre: (updates, { trim }) => multiKrum(deltasOf(updates), trim),
    isRobust: true,
  },
} as const satisfies Readonly<Record<string, Aggregation>>

export type AggregationName = keyof typeof AGGREGATIONS

export const isRobust = (name: AggregationName): boolean => (AGGREGATIONS[name] as Aggregation).isRobust === true

/**
 * The step of a round, in an order of clients that does not depend on who came first. Updates without any change have no
 * weight; where no other is left, nothing moves.
 */
export function aggregate(
  name: AggregationName,
  updates: readonly Update[],
  options: AggregateOptions,
  { norms, state }: { readonly norms: readonly number[]; readonly state: ServerState },
): { readonly step: Float32Array; readonly state: ServerState } {
  if (updates.length === 0) throw new UserError('a round without updates has no mean')
  const { centre, server }: Aggregation = AGGREGATIONS[name]
  const counting = updates
    .filter(({ delta }) => normOf(delta) > 0)
    .sort((a, b) => (a.client < b.client ? -1 : a.client > b.client ? 1 : 0))
  const step = counting.length === 0 ? new Float32Array(updates[0]!.delta.length) : centre(counting, options, norms)
  return server ? server.step(step, state, options.serverRate ?? server.rate) : { step, state }
}
