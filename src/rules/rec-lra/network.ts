import { gelu, type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { batchNormalized, type Statistics, statistics } from '../../nn/batch-norm.js'
import { dirac } from '../../nn/convolution.js'
import { affine, type Dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { layerNorm } from '../../nn/layer-norm.js'
import { denseLayer, hiddenLayers, type Layer } from '../../nn/network.js'
import type { Random } from '../../nn/random.js'
import { type InputScale, prepared, whitenedShape } from '../../nn/whitening.js'
import type { Task } from '../contract.js'
import { classesOf, imageShape } from '../task.js'
import { isSkipEnd, type RecLraHyper } from './options.js'

export const ACTIVATIONS = {
  relu: (h: Tensor): Tensor => h.relu(),
  tanh: (h: Tensor): Tensor => h.tanh(),
  gelu,
} as const

/** What one hidden layer makes of what it reads: u = W z below, h with normalisation, bias and skip, z = phi(h). */
export interface Made {
  readonly u: Tensor
  readonly h: Tensor
  readonly z: Tensor
}

export interface Pass {
  readonly hidden: readonly Made[]
  readonly scores: Tensor
  readonly norms: readonly Statistics[]
}

/** What a pass reads of the state. */
export interface Weights {
  /** The hidden layers and the output layer. */
  readonly layers: readonly Dense[]
  /** Running statistics of the hidden layers; empty without batch normalisation. */
  readonly norms: readonly Statistics[]
  readonly input?: InputScale
}

export interface Network {
  /** The affine maps of the hidden layers and of the output layer. */
  readonly maps: readonly Layer[]
  /** The maps that feedback mirrors, by the hidden layer to which it leads. */
  readonly mirrored: readonly Layer[]
  init(random: Random): Pick<Weights, 'layers' | 'norms'>
  pass(weights: Weights, x: Tensor, training: boolean): Pass
}

export function networkOf(task: Task, h: RecLraHyper): Network {
  const classes = classesOf(task)
  const isConvolutional = h.network === 'convolutional'
  const shape: Shape = isConvolutional && h.whiten ? whitenedShape(imageShape(task)) : task.input.shape
  const hidden = hiddenLayers(h, shape)
  const toClasses = (layer: Layer): Layer => denseLayer(sizeOf(layer.outputShape), classes)
  const maps = [...hidden, toClasses(hidden.at(-1)!)]
  const phi = ACTIVATIONS[h.activation]
  return {
    maps,
    mirrored: hidden.map((layer, i) => (isSkipEnd(h, i) ? toClasses(layer) : maps[i + 1]!)),

    init(random) {
      const layers = maps.map((layer, i): Dense => {
        if (i === hidden.length) return { weight: zeros([layer.inputShape[0]!, classes]), bias: zeros([classes]) }
        const own = layer.init(random, `layers.${i}`, h.initial)
        return isConvolutional ? { ...own, weight: dirac(own.weight) } : own
      })
      return { layers, norms: h.norm === 'batch' ? h.units.map(statistics) : [] }
    },

    pass({ layers, norms, input }, x, training) {
      const made: Made[] = []
      const next: Statistics[] = []
      let below = input ? prepared(x, input) : x
      for (const [i, layer] of hidden.entries()) {
        const { weight, bias } = layers[i]!
        const u = layer.linear(weight, below, task.precision)
        let normal = layer.pool(u)
        if (h.norm === 'layer') normal = layerNorm(normal)
        if (h.norm === 'batch') {
          const { output, running } = batchNormalized(normal, { running: norms[i]!, training })
          normal = output
          next.push(running)
        }
        const own = normal.add(layer.offset(bias))
        const pre = h.residual.includes(i) ? own.add(made[i - 2]!.z) : own
        made.push({ u, h: pre, z: phi(pre) })
        below = made[i]!.z
      }
      return { hidden: made, scores: affine(layers.at(-1)!, flat(below), task.precision), norms: next }
    },
  }
}
