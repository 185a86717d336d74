import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DType } from '../src/graph/index.js'
import type { StepGraph } from '../src/onnx/index.js'
import type { TensorRecord } from '../src/runtime/program.js'
import { encodeSafetensors } from '../src/train/safetensors.js'

/** Mini-batches that both sides take from the same state before either is timed. */
export const PROVEN = 10

/** After several mini-batches a loss of both sides may lie so far apart at most, relative to its size. */
const MOST_APART = 2e-3

/**
 * In the first mini-batch two parts in a hundred thousand. Both sides round as they like, and each step builds on the
 * one before (Adam's first ones on little more than a gradient's sign), so five times as much after each mini-batch, up
 * to `most`. Another rate, another kernel or noise drawn elsewhere lies further apart in the second; a decay of weights
 * too small to tell in ten steps does not.
 */
const toleranceOf = (batchesBefore: number, most: number): number => Math.min(2e-5 * 5 ** batchesBefore, most)
/** What counts as the size of a loss that is next to nothing. */
const SMALLEST = 1e-2

/** Writes what a twin starts from: our state, and the batches and the noise of the first steps. Gives the path. */
export function exportStart(
  step: Pick<StepGraph, 'state' | 'batch'> & { readonly span?: number },
  state: TensorRecord,
  batches: TensorRecord = {},
): string {
  const tensor = (name: string, dtype: DType, shape: readonly number[], data: TensorRecord[string]) => ({
    ...{ name, dtype, shape, data },
  })
  const tensors = [
    ...step.state.map(({ name, input }) => tensor(`state.${name}`, input.dtype, input.shape, state[name]!)),
    ...step.batch
      .filter(({ name }) => batches[name])
      .map(({ name, input }) => {
        const own = (step.span ?? 1) > 1 ? input.shape.slice(1) : input.shape
        return tensor(`batch.${name}`, input.dtype, [PROVEN, ...own], batches[name]!)
      }),
  ]
  const path = join(mkdtempSync(join(tmpdir(), 'onward-twin-')), 'start.safetensors')
  writeFileSync(path, encodeSafetensors({ tensors, metadata: {} }))
  return path
}

type Losses = Readonly<Record<string, ArrayLike<number>>>

/** What a twin tells of its first steps: its losses by variant and by name. */
export type Proof = Readonly<Record<string, Losses>>

/**
 * Holds every variant of a twin to our losses in the first steps from the same state, and gives the largest relative
 * difference in each mini-batch. Throws an Error that says where it is no twin: no ratio of their speeds means anything
 * then.
 */
export function checkProof(id: string, ours: Losses, proof: Proof, most = MOST_APART): number[] {
  const largest = new Array<number>(PROVEN).fill(0)
  for (const [variant, losses] of Object.entries(proof)) {
    const names = Object.keys(losses)
    if (names.length === 0) throw new Error(`${id}: the variant ${variant} of the twin tells no loss`)
    for (const name of names) {
      const [own, theirs] = [ours[name], losses[name]!]
      if (!own) throw new Error(`${id}: the twin tells a loss ${name}, which our step has not`)
      if (own.length !== theirs.length)
        throw new Error(`${id}: the twin tells ${theirs.length} losses ${name} where we have ${own.length}`)
      for (let k = 0; k < own.length; k++) {
        const difference = Math.abs(own[k]! - theirs[k]!) / Math.max(Math.abs(own[k]!), SMALLEST)
        const batch = (k * PROVEN) / own.length
        if (!(difference <= toleranceOf(batch, most)))
          throw new Error(
            `${id}: this is no twin. In step ${k + 1} from the same state, ${name} is ${own[k]} here and ${theirs[k]} there (${variant})`,
          )
        largest[batch] = Math.max(largest[batch]!, difference)
      }
    }
  }
  return largest
}
