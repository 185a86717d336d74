import { concat, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { hiddenLayers, type Layer } from '../../nn/network.js'
import { NORMALIZATIONS } from '../../nn/normalize.js'
import type { Task } from '../contract.js'
import { type FirstParameters, firstLayer, type Shown } from './first-layer.js'
import type { ForwardForwardHyper } from './options.js'

/** The layers of one network, and what a stack of parameters makes of images. */
export function networkOf(task: Task, h: ForwardForwardHyper) {
  const first = firstLayer(h, task)
  const unlabelled = h.negatives === 'hybrid'
  const above = hiddenLayers(h, task.input.shape).slice(1)
  const layers: Layer[] = [unlabelled ? hiddenLayers(h, task.input.shape)[0]! : first.layer, ...above]
  const normalize = NORMALIZATIONS[h.normalization]

  const activity = (i: number, preactivation: Tensor): Tensor => layers[i]!.pool(preactivation.relu())
  /** W x + b of layer i on what the layer below put out; of the first one on the image as it is. */
  const preactivation = (i: number, p: FirstParameters, below: Tensor): Tensor => {
    const input = i === 0 ? NORMALIZATIONS[h.imageNormalization](below) : normalize(below)
    return layers[i]!.linear(p.weight, input, task.precision).add(layers[i]!.offset(p.bias))
  }
  const lowest = (p: FirstParameters, x: Tensor, shown: Shown): Tensor =>
    unlabelled
      ? preactivation(0, p, layers[0]!.inputShape.length === 1 ? flat(x) : x)
      : first.preactivation(p, x, shown, task.precision)
  /** The activities of all layers. */
  const activities = (parameters: readonly FirstParameters[], x: Tensor, shown: Shown): Tensor[] => {
    const all: Tensor[] = []
    for (const [i, p] of parameters.entries())
      all.push(activity(i, i === 0 ? lowest(p, x, shown) : preactivation(i, p, all[i - 1]!)))
    return all
  }
  // The head reads the normalised activities above the first hidden layer (of all, where there is but one).
  const headFrom = layers.length > 1 ? 1 : 0
  const headInput = (all: readonly Tensor[]): Tensor =>
    concat(
      all.slice(headFrom).map((y) => flat(normalize(y))),
      1,
    )
  return { first, unlabelled, layers, activity, preactivation, lowest, activities, headFrom, headInput }
}

export type ForwardForwardNetwork = ReturnType<typeof networkOf>
