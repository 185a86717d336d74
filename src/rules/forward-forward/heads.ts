import { logSoftmax, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import type { Dense } from '../../nn/dense.js'
import { accuracy, crossEntropy } from '../../nn/losses.js'
import { hiddenLayers } from '../../nn/network.js'
import { NORMALIZATIONS } from '../../nn/normalize.js'
import type { LocalLayer } from '../layerwise/design.js'
import type { Given } from '../layerwise/layerwise.js'
import { classesOf } from '../task.js'
import { type HeadWeights, initialHead, logitsOf } from './head.js'
import type { ForwardForwardHyper } from './options.js'

/** A layer and the softmax head that it learns from. */
export type HeadedWeights = Dense & { readonly head: HeadWeights }

type HeadedLayer = LocalLayer<
  HeadedWeights,
  Record<string, never>,
  undefined,
  { readonly output: Tensor; readonly logits: Tensor }
>

/**
 * The layers of Performance-Optimized PFF (Aktemur et al. 2024): no negatives and no label in the input. Each layer and a
 * softmax head of its own, which reads its normalised activities, learn from the head's cross-entropy; no gradient
 * crosses a layer.
 */
export function headedLayers({ task, hyper: h }: Given<ForwardForwardHyper>): HeadedLayer[] {
  const classes = classesOf(task)
  const normalize = NORMALIZATIONS[h.normalization]
  return hiddenLayers(h, task.input.shape).map((layer, i): HeadedLayer => {
    const below = i === 0 ? NORMALIZATIONS[h.imageNormalization] : normalize
    return {
      init: (random, name) => ({
        ...layer.init(random, name, h.initial),
        head: initialHead(random, `${name}.head`, [sizeOf(layer.outputShape), classes], h),
      }),
      forward({ weight, bias, head }, x) {
        const z = layer.linear(weight, below(x), task.precision).add(layer.offset(bias))
        const output = layer.pool(z.relu())
        return { output, logits: logitsOf(head, flat(normalize(output))) }
      },
      loss: ({ made: { logits }, batch: { target } }) => ({
        loss: crossEntropy(logits, target).mean(),
        metrics: { accuracy: accuracy(logits, target) },
      }),
      scores: (_, __, { logits }) => logSoftmax(logits),
    }
  })
}
