import { type Augmentation, augmentation, gatherInputs, imageShapeOf, type Samples, type Split } from '../data/index.js'
import { sizeOf, type Tensor } from '../graph/index.js'
import type { TensorRecord } from '../runtime/index.js'
import { kindOf } from '../targets/index.js'
import { stepNoise } from './noise.js'
import type { TrainingOptions } from './options.js'
import { type Call, globalEpoch, globalStep, type Plan, type Position, progressAt } from './plan.js'
import type { Rows } from './rows.js'

/** Training samples, and what turns them into numbers. */
export interface TrainingData {
  readonly split: Split
  readonly samples: Samples
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

/** Reads the inputs themselves; images are changed by the augmentation that the options ask for. */
export function inputsOf({ split, samples }: TrainingData, { augment, seed }: TrainingOptions): Reading {
  const shape = imageShapeOf(samples.input)
  let known: { epoch: number; change: Augmentation | undefined } | undefined
  return async (indices, epoch) => {
    if (known?.epoch !== epoch) known = { epoch, change: shape && augmentation(augment, shape, seed, epoch) }
    const out = new Float32Array(indices.length * sizeOf(samples.input.shape))
    gatherInputs(samples, split, indices, out, known.change)
    return out
  }
}

/** Makes the inputs of calls: rows in the order of their epoch, labels, progress, noise. */
export function feed(plan: Plan, { split, samples }: TrainingData, { seed, batch }: TrainingOptions, { rows, read }: Source) {
  const kind = kindOf(samples.target)
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
      ...(kind && { target: kind.gather(split, indices, samples) }),
      progress,
      ...stepNoise(inputs, seed, globalStep(plan, at), batches, batches / steps),
    }
  }
}
