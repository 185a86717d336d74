import { Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'
import type { Tree } from '../../nn/tree.js'
import type { Fed, LayerwiseDesign, LocalLayer, Pass, Passed, Stack } from './design.js'

/** What one layer did with a batch. */
export interface LayerPass<R extends Tree, G, M> extends Pass<R, G> {
  readonly input: Tensor
  readonly made: M
}

/** Layers draw no noise in use, so that a prediction is the same whenever it is asked for. */
const NO_NOISE: Random = {
  uniform: (name) => noNoise(name),
  normal: (name) => noNoise(name),
}

function noNoise(name: string): never {
  throw new Error(`layerwise: a layer asked for the noise "${name}" in use; draw noise only where \`training\` holds`)
}

const namedFor = (layer: number, random: Random): Random => ({
  uniform: (name, shape) => random.uniform(`layers.${layer}.${name}`, shape),
  normal: (name, shape) => random.normal(`layers.${layer}.${name}`, shape),
})

/** Runs the layers from below. `random`: given while they train. `crosses`: whether a gradient may come down to layer i. */
export function passUp<P extends Tree, R extends Tree, G, M extends Passed<R>>(
  layers: readonly LocalLayer<P, R, G, M>[],
  stack: Pick<Stack<P, R>, 'layers' | 'running'>,
  fed: Fed<G>,
  random?: Random,
  crosses: (layer: number) => boolean = () => false,
): LayerPass<R, G, M>[] {
  const passes: LayerPass<R, G, M>[] = []
  let input = fed.x.stopGradient()
  for (const [i, layer] of layers.entries()) {
    const pass: Pass<R, G> = {
      training: random !== undefined,
      running: stack.running[i]!,
      random: random ? namedFor(i, random) : NO_NOISE,
      given: fed.given as G,
    }
    const result = layer.forward(stack.layers[i]!, input, pass)
    const made = result instanceof Tensor ? ({ output: result } as unknown as M) : result
    passes.push({ ...pass, input, made })
    input = crosses(i) ? made.output : made.output.stopGradient()
  }
  return passes
}

/** What each layer of a network in use puts out for images (or other inputs) x. */
export const outputsInUse = <P extends Tree, R extends Tree, G, M extends Passed<R>, H extends Tree>(
  { layers, input }: Pick<LayerwiseDesign<P, R, G, M, H>, 'layers' | 'input'>,
  stack: Pick<Stack<P, R>, 'layers' | 'running'>,
  x: Tensor,
): Tensor[] => passUp(layers, stack, input?.use(x) ?? { x }).map(({ made }) => made.output)
