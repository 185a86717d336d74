import { UserError } from '../errors.js'
import type { Tensor } from '../graph/index.js'
import { type Stream, stream } from '../random/stream.js'
import type { TensorRecord } from '../runtime/index.js'

type Inputs = readonly { readonly name: string; readonly input: Tensor }[]

const isNoise = ({ input }: Inputs[number]): boolean => input.node.attributes.kind === 'noise'

function draw(random: Stream, input: Tensor, out: Float32Array): void {
  if (input.node.attributes.distribution === 'normal') random.normal(out)
  else random.uniform(out)
}

/** The draws of samples: row by row, each keyed by the seed, the number of its sample and a key. */
function drawRows(seed: number, rows: Uint32Array, key: string, input: Tensor, out: Float32Array): void {
  const size = out.length / rows.length
  for (const [i, row] of rows.entries()) draw(stream(seed, row, key), input, out.subarray(i * size, (i + 1) * size))
}

/**
 * Every noise input, stacked over `steps` steps; each draw is keyed by the seed, the step's number and a key, or, where
 * it lasts for a sample, by the sample's number.
 */
function drawAll(
  inputs: Inputs,
  seed: number,
  firstStep: number,
  steps: number,
  key: (name: string) => string,
  span = 1,
  rows?: Uint32Array,
): TensorRecord {
  const noise: TensorRecord = {}
  for (const { name, input } of inputs.filter(isNoise)) {
    const size = input.size / span
    const out = new Float32Array(steps * size)
    noise[name] = out
    if (input.node.attributes.per === 'sample') {
      if (!rows) throw new UserError(`${name} belongs to training samples: only steps that learn from batches may ask`)
      drawRows(seed, rows, key(`sample ${name}`), input, out)
    } else
      for (let k = 0; k < steps; k++)
        draw(stream(seed, firstStep + k, key(name)), input, out.subarray(k * size, (k + 1) * size))
  }
  return noise
}

/**
 * The noise inputs of `steps` steps, stacked; `span`: of them, those that one run of the program takes. `rows`: the
 * numbers of the samples of all steps, for noise that belongs to samples.
 */
export const stepNoise = (
  inputs: Inputs,
  seed: number,
  firstStep: number,
  steps: number,
  span = 1,
  rows?: Uint32Array,
): TensorRecord => drawAll(inputs, seed, firstStep, steps, (name) => name, span, rows)

// The same names may come again elsewhere: they are keyed apart.

/** The noise of steps between epochs, which are counted for themselves. */
export const betweenNoise = (inputs: Inputs, seed: number, firstStep: number, steps: number): TensorRecord =>
  drawAll(inputs, seed, firstStep, steps, (name) => `between ${name}`)

/** The noise of the first state. */
export const initialNoise = (inputs: Inputs, seed: number): TensorRecord =>
  drawAll(inputs, seed, 0, 1, (name) => `initial ${name}`)

/** The noise by which held-out images are measured: one draw a batch of images, the same in every measurement. */
export const heldOutNoise = (inputs: Inputs, seed: number, firstBatch: number, batches: number): TensorRecord =>
  drawAll(inputs, seed, firstBatch, batches, (name) => `held out ${name}`)
