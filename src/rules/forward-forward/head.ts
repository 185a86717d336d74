import { concat, constant, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { crossEntropy } from '../../nn/losses.js'
import { hiddenLayers } from '../../nn/network.js'
import { NORMALIZATIONS } from '../../nn/normalize.js'
import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import type { Random } from '../../nn/random.js'
import type { Head } from '../layerwise/design.js'
import type { Given } from '../layerwise/layerwise.js'
import { classesOf } from '../task.js'
import type { Labels } from './first-layer.js'
import type { ForwardForwardHyper } from './options.js'

/** A softmax regression; without a bias where it starts at zero. */
export type HeadWeights = { readonly weight: Tensor; readonly bias?: Tensor }

export const initialHead = (
  random: Random,
  name: string,
  [inputs, classes]: readonly [number, number],
  h: ForwardForwardHyper,
): HeadWeights =>
  h.headInitial === 'zero' ? { weight: zeros([inputs, classes]) } : dense(random, name, inputs, classes, h.initial)

/** Logits [N, K] of inputs [N, D]. */
export function logitsOf({ weight, bias }: HeadWeights, input: Tensor): Tensor {
  const product = input.matmul(weight)
  return bias ? product.add(bias) : product
}

/** A softmax of the normalised activities above the first hidden layer (of the only one), the label being neutral. */
export function headOf({ task, hyper: h }: Given<ForwardForwardHyper>): Head<HeadWeights, Labels> {
  const classes = classesOf(task)
  const from = h.units.length > 1 ? 1 : 0
  const sizes = hiddenLayers(h, task.input.shape).map(({ outputShape }) => sizeOf(outputShape))
  const inputs = sizes.slice(from).reduce((a, b) => a + b)
  return {
    name: 'softmax head',
    init: (random, name) => initialHead(random, name, [inputs, classes], h),
    input: (x) => ({ x, given: constant(1 / classes).broadcastTo([1, 1, classes]) }),
    read: ({ outputs }) =>
      concat(
        outputs.slice(from).map((y) => flat(NORMALIZATIONS[h.normalization](y))),
        1,
      ),
    loss: ({ parameters, input, batch }) => crossEntropy(logitsOf(parameters, input), batch.target).mean(),
    predict: (parameters, input) => ({ scores: logitsOf(parameters, input) }),
    optimizer: optimizerOf({ ...h, weightDecay: h.headWeightDecay }),
    rate: (progress) => stepSize({ ...h, rate: h.headRate }, progress),
  }
}
