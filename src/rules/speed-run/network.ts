import { gelu, type Shape, type Tensor } from '../../graph/index.js'
import { dirac } from '../../nn/convolution.js'
import { hiddenLayers, type NetworkOptions } from '../../nn/network.js'
import type { Random } from '../../nn/random.js'
import { type InputScale, inputScale, prepared, whitenedShape } from '../../nn/whitening.js'
import type { Task } from '../contract.js'
import { imageShape } from '../task.js'

/** The activations of these networks, and predsim's. */
export const ACTIVATIONS = {
  gelu,
  relu: (x: Tensor): Tensor => x.relu(),
  'leaky-relu': (x: Tensor): Tensor => x.maximum(x.mul(0.01)),
} as const

/** What a layer knows of the images that it reads: layer 0 of a convolutional network. */
export type InputRunning = { readonly input?: InputScale }

/** One product of a network of the speed-runs, with all but its norm, its activation and what it learns from. */
export interface SpeedRunLayer {
  /** Of its maps [C, H, W] behind the pooling, or of its units [D]. */
  readonly outputShape: Shape
  /** First weights: kernels that hand their channels on where they can (Dirac), He's normal ones elsewhere. */
  weight(random: Random, name: string): Tensor
  /** Found from the first batch of images [N, C, H, W]. */
  running(x: Tensor): InputRunning
  /** The product with what came up, pooled: [N, ...outputShape]. */
  product(weight: Tensor, x: Tensor, running: InputRunning): Tensor
  /** A bias in a shape that broadcasts over it. */
  offset(bias: Tensor): Tensor
}

/**
 * The layers, from below, of a small, well-conditioned network of the CIFAR-10 speed-runs (Page 2019, Jordan 2024), or
 * of a dense one.
 */
export function speedRunLayers(task: Task, h: NetworkOptions & { readonly whiten: boolean }): SpeedRunLayer[] {
  const convolutional = h.network === 'convolutional'
  const read = convolutional && h.whiten ? whitenedShape(imageShape(task)) : task.input.shape
  return hiddenLayers(h, read).map((layer, i) => ({
    outputShape: layer.outputShape,
    weight(random, name) {
      const { weight } = layer.init(random, name, 'he')
      return convolutional ? dirac(weight) : weight
    },
    running: (x) => (i === 0 && convolutional ? { input: inputScale(x, h.whiten) } : {}),
    product: (weight, x, { input }) => layer.pooledLinear(weight, input ? prepared(x, input) : x, task.precision),
    offset: layer.offset,
  }))
}
