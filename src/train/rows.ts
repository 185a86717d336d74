import { type DataSet, holdOut, order, outputCount, permutation, select } from '../data/index.js'
import { stream } from '../random/stream.js'
import { kindOf } from '../targets/index.js'
import type { TrainingOptions } from './options.js'
import { globalEpoch, type Plan, type Position } from './plan.js'

/** The samples that a training with these options learns from, and those that it holds out. */
export function partsOf(
  data: DataSet,
  { limit, validation, seed }: Pick<TrainingOptions, 'limit' | 'validation' | 'seed'>,
) {
  const some =
    limit < data.train.count
      ? select(
          data.train,
          Array.from({ length: limit }, (_, i) => i),
        )
      : data.train
  const groups = kindOf(data.target)?.groups(some, outputCount(data.target)) ?? new Uint8Array(some.count)
  return holdOut(some, groups, validation, seed)
}

/** The samples of an epoch in the order in which they come. */
export type Rows = (at: Pick<Position, 'phase' | 'epoch'>) => Uint32Array

/** Every epoch has its own order of all samples. */
export const shuffledRows =
  (plan: Plan, count: number, { seed }: TrainingOptions): Rows =>
  (at) =>
    order(count, seed, globalEpoch(plan, at))

/**
 * The batches are drawn once a phase, and every epoch takes them in its own order. Kernels and 8-bit scales let a row's
 * last bits depend on its place and on the other rows of its batch: what was computed for such a batch is what
 * computing it again would give.
 */
export const fixedBatches =
  (plan: Plan, count: number, options: TrainingOptions): Rows =>
  (at) => {
    const { seed, batch } = options
    const drawn = shuffledRows(plan, count, options)({ ...at, epoch: 0 })
    const rows = new Uint32Array(plan.batches * batch)
    const places = permutation(plan.batches, stream(seed, globalEpoch(plan, at), 'batches'))
    for (const [i, place] of places.entries()) rows.set(drawn.subarray(place * batch, (place + 1) * batch), i * batch)
    return rows
  }
