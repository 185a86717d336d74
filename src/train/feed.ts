import { type Augmentation, augmentation, gatherInputs, imageShapeOf, type Samples, type Split } from '../data/index.js'
import { UserError } from '../errors.js'
import { sizeOf, type Tensor } from '../graph/index.js'
import type { TensorData, TensorRecord } from '../runtime/index.js'
import { kindOf } from '../targets/index.js'
import { betweenNoise, stepNoise } from './noise.js'
import type { TrainingOptions } from './options.js'
import { batchNumber, betweenNumber, type Call, globalEpoch, type Plan, type Position, progressAt } from './plan.js'
import type { Rows } from './rows.js'

/** Training samples, and what turns them into numbers. */
export interface TrainingData {
  readonly split: Split
  readonly samples: Samples
}

/** What a step reads as `x` of the samples at these places, stacked; `epoch` counts through all phases. */
export type ReadRows = (indices: Uint32Array, epoch: number) => Promise<Float32Array>

/** Where the rows of a phase come from: in which order, and as what. */
export interface Source {
  readonly rows: Rows
  readonly read: ReadRows
}

/** Bytes of one call's stacked inputs, at most: enough for long calls, little enough to hold two. */
export const CALL_BYTES = 2 ** 26

export const bytesPerStep = (inputs: readonly { readonly input: Tensor }[]): number =>
  inputs.reduce((sum, { input }) => sum + 4 * input.size, 0)

/** Reads the inputs themselves; images are changed by the augmentation that the options ask for. */
export function inputsOf({ split, samples }: TrainingData, { augment, seed }: TrainingOptions): ReadRows {
  const shape = imageShapeOf(samples.input)
  let known: { epoch: number; change: Augmentation | undefined } | undefined
  return async (indices, epoch) => {
    if (known?.epoch !== epoch) known = { epoch, change: shape && augmentation(augment, shape, seed, epoch) }
    const out = new Float32Array(indices.length * sizeOf(samples.input.shape))
    gatherInputs(samples, split, indices, out, known.change)
    return out
  }
}

/** Inputs and targets of consecutive steps, stacked: [steps, ...] of what one step reads. */
export interface StepInputs {
  readonly x: Float32Array
  readonly target?: TensorData
}

/** The targets of the samples at these places, as steps read them; without `target` where there are none. */
export function targetsOf({ split, samples }: TrainingData, rows: Uint32Array): Pick<StepInputs, 'target'> {
  const target = kindOf(samples.target)?.gather(split, rows, samples)
  return target ? { target } : {}
}

/** Gives the next so many numbers of what a caller hands in instead of training data. */
export type Take = (name: 'x' | 'target', length: number) => TensorData

type Inputs = readonly { readonly name: string; readonly input: Tensor }[]

/** Makes the inputs of calls that their steps ask for: rows in the order of their epoch, targets, progress, noise. */
export function feed(plan: Plan, training: TrainingData, { seed, batch }: TrainingOptions, { rows, read }: Source) {
  let known: { epoch: number; rows: Uint32Array } | undefined
  const rowsOf = (at: Position): Uint32Array => {
    const epoch = globalEpoch(plan, at)
    if (known?.epoch !== epoch) known = { epoch, rows: rows(at) }
    return known.rows
  }
  const own = async (at: Position, indices: Uint32Array, asks: (name: string) => boolean): Promise<TensorRecord> => ({
    ...(asks('x') && { x: await read(indices, globalEpoch(plan, at)) }),
    ...(asks('target') && targetsOf(training, indices)),
  })
  return async ({ at, batches, between, runs }: Call, inputs: Inputs, take?: Take): Promise<TensorRecord> => {
    const asks = (name: string): boolean => inputs.some((port) => port.name === name)
    const progressOf = (number: number): number => progressAt(plan, { ...at, batch: number })
    if (between > 0)
      return {
        ...(asks('progress') && { progress: new Float32Array(between).fill(progressAt(plan, at)) }),
        ...betweenNoise(inputs, seed, betweenNumber(plan, at), between),
      }
    const indices = rowsOf(at).slice(at.batch * batch, (at.batch + batches) * batch)
    const data = take
      ? Object.fromEntries(DATA.filter(asks).map((name) => [name, take(name, runs * sizeIn(inputs, name))]))
      : await own(at, indices, asks)
    return {
      ...data,
      ...(asks('progress') && { progress: Float32Array.from({ length: batches }, (_, k) => progressOf(at.batch + k)) }),
      ...stepNoise(inputs, seed, batchNumber(plan, at), batches, batches / runs, indices),
    }
  }
}

const DATA = ['x', 'target'] as const

const sizeIn = (inputs: Inputs, name: string): number => inputs.find((port) => port.name === name)!.input.size

/** Hands out what was given, piece by piece, as copies: a program takes its inputs away. */
export function handedOut(given: StepInputs): Take {
  const taken = { x: 0, target: 0 }
  return (name, length) => {
    const all = given[name]
    if (!all || taken[name] + length > all.length)
      throw new UserError(
        `these steps read ${taken[name] + length} numbers of ${name} and more; given are ${all?.length ?? 'none'}`,
      )
    taken[name] += length
    return all.slice(taken[name] - length, taken[name])
  }
}
