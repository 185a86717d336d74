import { outputCount } from '../../data/dataset.js'
import { sizeOf, type Tensor } from '../../graph/index.js'
import type { Dense } from '../../nn/dense.js'
import { FAN_RULES, fans, normalWeights } from '../../nn/initialize.js'
import type { Random } from '../../nn/random.js'
import type { Task } from '../contract.js'
import type { BroadcastLayer } from './network.js'
import { type BroadcastHyper, learnsCorrelations } from './options.js'

/** Of weights used backwards: 1 / sqrt of the numbers that such a product sums. */
const scaleOf = (weight: Tensor): number => FAN_RULES['fan-out'](fans(weight.shape))

/** The feedback that lies in the state, feedback[k] for hidden layer k; undefined where the method keeps none. */
export function initialFeedback(
  random: Random,
  layers: readonly BroadcastLayer[],
  task: Task,
  h: BroadcastHyper,
): Tensor[] | undefined {
  const { method } = h
  if (learnsCorrelations(h) || method === 'backprop') return undefined
  if (method === 'sign-symmetry' && h.magnitude !== 'fixed') return undefined
  const count = outputCount(task.target)
  return layers.slice(0, -1).map(({ activityShape }, k) => {
    if (method === 'dfa' || method === 'drtp')
      return random.normal(`feedback.${k}`, [sizeOf(activityShape), count]).mul(1 / Math.sqrt(count))
    const own = normalWeights(random, `feedback.${k}`, layers[k + 1]!.weightShape, 'fan-out')
    return method === 'sign-symmetry' ? own.abs() : own
  })
}

/**
 * What leads down from each layer but the lowest, in the shape of its forward weight. Of sign-symmetry: sign(W_(k+1))
 * times a magnitude, of one size (uSF), drawn for this batch (brSF), or kept in the state (frSF).
 */
export function chainFeedback(
  layers: readonly Dense[],
  kept: readonly Tensor[] | undefined,
  random: Random,
  { method, magnitude }: BroadcastHyper,
): readonly Tensor[] {
  const weights = layers.slice(1).map(({ weight }) => weight)
  if (method === 'backprop') return weights
  if (method !== 'sign-symmetry') return kept!
  return weights.map((weight, k) => {
    const sign = weight.less(0).select(-1, 1)
    if (magnitude === 'unit') return sign.mul(scaleOf(weight))
    if (magnitude === 'fixed') return sign.mul(kept![k]!)
    return sign.mul(random.normal(`feedback.${k}`, weight.shape).abs().mul(scaleOf(weight)))
  })
}

/** The cosine between each layer's feedback and the forward weight in whose place it stands: 1 would be transport. */
export const alignments = (layers: readonly Dense[], feedback: readonly Tensor[]): Tensor[] =>
  feedback.map((B, k) => {
    const { weight } = layers[k + 1]!
    return weight.mul(B).sum().div(weight.square().sum().mul(B.square().sum()).add(1e-30).sqrt())
  })
