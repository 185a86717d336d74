import { type Augmentation, augmentation, gather, type Split } from '../data/index.js'
import type { Tensor } from '../graph/index.js'
import type { TensorRecord } from '../runtime/index.js'
import { stepNoise } from './noise.js'
import type { TrainingOptions } from './options.js'
import { type Call, globalEpoch, globalStep, type Plan, type Position, progressAt } from './plan.js'
import type { Rows } from './rows.js'

/** Training images and what turns them into numbers. */
export interface Images {
  readonly split: Split
  readonly shape: readonly [channels: number, height: number, width: number]
  /** The value of a full pixel. */
  readonly maximum: number
}

/** What a step reads as `x` of the images at these places, stacked; `epoch` counts through all phases. */
export type Reading = (indices: Uint32Array, epoch: number) => Promise<Float32Array>

/** Where the rows of a phase come from: in which order, and as what. */
export interface Source {
  readonly rows: Rows
  readonly read: Reading
}

/** Bytes of one call's stacked inputs, at most: enough for long calls, little enough to hold two. */
export const CALL_BYTES = 2 ** 26

export const bytesPerStep = (inputs: readonly { readonly input: Tensor }[]): number =>
  inputs.reduce((sum, { input }) => sum + 4 * input.size, 0)

/** Reads the pixels themselves, changed by the augmentation that the options ask for. */
export function pixels({ split, shape, maximum }: Images, { augment, seed }: TrainingOptions): Reading {
  let known: { epoch: number; change: Augmentation | undefined } | undefined
  return async (indices, epoch) => {
    if (known?.epoch !== epoch) known = { epoch, change: augmentation(augment, shape, seed, epoch) }
    const out = new Float32Array(indices.length * (split.images.length / split.count))
    gather(split, indices, maximum, out, known.change)
    return out
  }
}

/** Makes the inputs of calls: rows in the order of their epoch, labels, progress, noise. */
export function feed(plan: Plan, { split }: Images, { seed, batch }: TrainingOptions, { rows, read }: Source) {
  let known: { epoch: number; rows: Uint32Array } | undefined
  const rowsOf = (at: Position): Uint32Array => {
    const epoch = globalEpoch(plan, at)
    if (known?.epoch !== epoch) known = { epoch, rows: rows(at) }
    return known.rows
  }
  return async (
    { at, batches, steps }: Call,
    inputs: readonly { readonly name: string; readonly input: Tensor }[],
  ): Promise<TensorRecord> => {
    const indices = rowsOf(at).slice(at.batch * batch, (at.batch + batches) * batch)
    const progress = Float32Array.from({ length: batches }, (_, k) => progressAt(plan, { ...at, batch: at.batch + k }))
    return {
      x: await read(indices, globalEpoch(plan, at)),
      target: Int32Array.from(indices, (row) => split.labels[row]!),
      progress,
      ...stepNoise(inputs, seed, globalStep(plan, at), batches, batches / steps),
    }
  }
}
