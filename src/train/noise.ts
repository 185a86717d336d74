import type { Tensor } from '../graph/index.js'
import { type Stream, stream } from '../random/stream.js'
import type { TensorRecord } from '../runtime/index.js'

type Inputs = readonly { readonly name: string; readonly input: Tensor }[]

const isNoise = ({ input }: Inputs[number]): boolean => input.node.attributes.kind === 'noise'

function draw(random: Stream, input: Tensor, out: Float32Array): void {
  if (input.node.attributes.distribution === 'normal') random.normal(out)
  else random.uniform(out)
}

/** The noise inputs of `steps` steps, stacked; each draw is keyed by the seed, the step's number and the input's name. */
export function stepNoise(inputs: Inputs, seed: number, firstStep: number, steps: number): TensorRecord {
  const noise: TensorRecord = {}
  for (const { name, input } of inputs.filter(isNoise)) {
    const out = new Float32Array(steps * input.size)
    for (let k = 0; k < steps; k++)
      draw(stream(seed, firstStep + k, name), input, out.subarray(k * input.size, (k + 1) * input.size))
    noise[name] = out
  }
  return noise
}

/** The noise of the first state. Its names may come again in steps: they are keyed apart. */
export function initialNoise(inputs: Inputs, seed: number): TensorRecord {
  const noise: TensorRecord = {}
  for (const { name, input } of inputs.filter(isNoise)) {
    const out = new Float32Array(input.size)
    draw(stream(seed, 0, `initial ${name}`), input, out)
    noise[name] = out
  }
  return noise
}
