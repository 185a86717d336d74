import { UserError } from '../../errors.js'
import { concat, Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import type { Random } from '../../nn/random.js'
import type { AnyDesign, AnyStack, Fed, LocalLayer, Pass, Passed } from './design.js'

/** What one layer read and made. */
export interface LayerPass<Made extends Passed = Passed> extends Pass {
  readonly input: Tensor
  readonly made: Made
}

/** Layers draw no noise in use, so that a prediction is the same whenever it is asked for. */
const NO_NOISE: Random = { uniform: noNoise, normal: noNoise }

function noNoise(name: string): never {
  throw new UserError(`layerwise: a layer draws the noise "${name}" in use; draw it only where \`training\` holds`)
}

/** A layer's own noise: two layers that ask for the same name get different numbers. */
const noiseOf = (layer: number, random: Random): Random => ({
  uniform: (name, ...asked) => random.uniform(`layers.${layer}.${name}`, ...asked),
  normal: (name, ...asked) => random.normal(`layers.${layer}.${name}`, ...asked),
})

interface PassOptions {
  /** Absent: the network is in use. */
  readonly random?: Random
  /** The first of the layers that run. Default: 0. */
  readonly from?: number
  /** Whether the own loss of a layer counts. Default: that of no layer. */
  learns?(layer: number): boolean
  /** Whether a gradient may come down to a layer from the one above. Default: to none. */
  crosses?(layer: number): boolean
}

/** Runs layers from below, each on what the one before put out, and only when it is asked for: layer i and its pass. */
export function* passesUp<Made extends Passed>(
  // biome-ignore lint/suspicious/noExplicitAny: layers of all parameters
  layers: readonly LocalLayer<any, any, any, Made>[],
  { layers: parameters, running }: Pick<AnyStack, 'layers' | 'running'>,
  { x, given }: Fed,
  { random, from = 0, learns = () => false, crosses = () => false }: PassOptions = {},
): Generator<[number, LayerPass<Made>]> {
  let input = x.stopGradient()
  for (const [k, layer] of layers.slice(from).entries()) {
    const i = from + k
    const noise = random ? noiseOf(i, random) : NO_NOISE
    const training = random !== undefined
    const pass: Pass = { training, learns: learns(i), running: running[i]!, random: noise, given }
    const result = layer.forward(parameters[i]!, input, pass)
    const made = result instanceof Tensor ? ({ output: result } as Made) : result
    yield [i, { ...pass, input, made }]
    input = crosses(i) ? made.output : made.output.stopGradient()
  }
}

/** The passes of layers that run all at once. */
export const passUp = <Made extends Passed>(...asked: Parameters<typeof passesUp<Made>>): LayerPass<Made>[] =>
  [...passesUp<Made>(...asked)].map(([, pass]) => pass)

/** What every layer of a network in use puts out. */
export const outputsInUse = (
  { layers, input }: Pick<AnyDesign, 'layers' | 'input'>,
  stack: Pick<AnyStack, 'layers' | 'running'>,
  x: Tensor,
): Tensor[] => passUp(layers, stack, input?.use(x) ?? { x }).map(({ made }) => made.output)

/** What a head reads of passes. */
export function headInput({ head }: Pick<AnyDesign, 'head'>, fed: Fed, passes: readonly LayerPass[]): Tensor {
  const outputs = passes.map(({ made }) => made.output)
  return head!.read?.({ ...fed, outputs, made: passes.map(({ made }) => made) }) ?? concat(outputs.map(flat), 1)
}

/** What a head reads of layers in use: on an input of its own, if it has one. */
export function headInputInUse(
  design: Pick<AnyDesign, 'layers' | 'input' | 'head'>,
  stack: Pick<AnyStack, 'layers' | 'running'>,
  x: Tensor,
): Tensor {
  const fed: Fed = design.head!.input?.(x) ?? design.input?.use(x) ?? { x }
  return headInput(design, fed, passUp(design.layers, stack, fed))
}
