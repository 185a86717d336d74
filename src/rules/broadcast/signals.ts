import { concat, grad, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import type { Dense } from '../../nn/dense.js'
import type { BroadcastLayer, Made, Pass } from './network.js'
import type { BroadcastHyper } from './options.js'

/** What the hidden layers make of what they hear of a batch. */
export interface Hearing {
  /** Of each layer's weights and biases. */
  readonly gradients: readonly (readonly Tensor[])[]
  /** sbd, ebd: R_k after the batch, and how strong the correlations were within it. */
  readonly correlations?: readonly Tensor[]
  readonly correlation?: readonly Tensor[]
}

/** The gradient of sum h . q, q held fixed, by a layer's own weights and biases: the three-factor rule. */
const threeFactors = (h: Tensor, q: Tensor, { weight, bias }: Dense): Tensor[] =>
  grad(h.mul(q.stopGradient()).sum(), [weight, bias])

/** `sent` [N, M] to each unit of a layer through R [n_k, M]: [N, ...activityShape]. */
const heard = ({ activity }: Made, sent: Tensor, R: Tensor): Tensor =>
  sent.matmul(R, { transposeB: true }).reshape(activity.shape)

/** q_k = sent B_k^T through fixed feedback: dfa, drtp. */
export const byFixed = (
  layers: readonly Dense[],
  { hidden }: Pass,
  sent: Tensor,
  feedback: readonly Tensor[],
): Hearing => ({
  gradients: hidden.map((own, k) => threeFactors(own.activity, heard(own, sent, feedback[k]!), layers[k]!)),
})

/** The derivative of the power norm sum_i (E[h_i^2] - P)^2 by the activities of a batch, [N, ...]. */
function powerSlope(h: Tensor, level: number): Tensor {
  const excess = h.square().mean(0, true).sub(level)
  return h.mul(excess).mul(4 / h.shape[0]!)
}

/**
 * || E[h^T s] ||_F / sqrt(E|h|^2 E|s|^2), from products h^T s of [n, M]: how far a layer's activity is from being
 * uncorrelated with what is broadcast, in [0, 1].
 */
const correlationOf = (products: Tensor, h: Tensor, s: Tensor): Tensor =>
  products.square().sum().div(h.square().sum().mul(s.square().sum()).add(1e-30)).sqrt()

/**
 * sbd, ebd: each layer's R_k <- lambda R_k + (1 - lambda) E[h_k^T s], then q_k = s R_k^T. `s` [N, M] is divided by the
 * batch already.
 */
export function byCorrelations(
  layers: readonly Dense[],
  { hidden }: Pass,
  s: Tensor,
  before: readonly Tensor[],
  { memory, normalize, power, powerLevel }: BroadcastHyper,
): Required<Hearing> {
  const each = hidden.map((own, k) => {
    const h = flat(own.activity.stopGradient())
    const products = h.matmul(s, { transposeA: true })
    const R = before[k]!.mul(memory).add(products.mul(1 - memory))
    // Adam sees the direction alone; without the norm a layer's gradient would shrink with its correlations.
    const direction = normalize ? R.div(R.square().sum().add(1e-30).sqrt()) : R
    const q = heard(own, s, direction)
    const signal = power === 0 ? q : q.add(powerSlope(own.activity, powerLevel).mul(power))
    return {
      gradients: threeFactors(own.activity, signal, layers[k]!),
      correlations: R,
      correlation: correlationOf(products, h, s),
    }
  })
  return {
    gradients: each.map(({ gradients }) => gradients),
    correlations: each.map(({ correlations }) => correlations),
    correlation: each.map(({ correlation }) => correlation),
  }
}

/** delta B^T: what a layer sends down, in the shape of its input, through feedback weights of the shape of its own. */
function sentDown(layer: BroadcastLayer, B: Tensor, input: Tensor, delta: Tensor): Tensor {
  const below = input.stopGradient()
  return grad(layer.linear(B.stopGradient(), below).mul(delta.stopGradient()).sum(), [below])[0]!
}

/**
 * An error that comes down layer by layer: delta_k = (delta_(k+1) B_(k+1)^T) phi'(u_k), of the output s. `feedback[k]`
 * leads from layer k + 1 to layer k. Through a pooling an error passes by its derivative.
 */
export function byChain(
  layers: readonly BroadcastLayer[],
  parameters: readonly Dense[],
  { hidden, read }: Pass,
  s: Tensor,
  feedback: readonly Tensor[],
): Hearing {
  const gradients: Tensor[][] = []
  let delta = s
  for (let k = hidden.length - 1; k >= 0; k--) {
    const { drive, output } = hidden[k]!
    const q = sentDown(layers[k + 1]!, feedback[k]!, hidden[k + 1]?.input ?? read, delta)
    const { weight, bias } = parameters[k]!
    const [dW, db, below] = grad(output.mul(q.stopGradient()).sum(), [weight, bias, drive])
    gradients.unshift([dW!, db!])
    delta = below!
  }
  return { gradients }
}

/**
 * [s; p*s; c(x) (x) s], [N, M]. Given the input p and c are constants, so that each part has a conditional mean of zero
 * where s has.
 */
export function expanded(s: Tensor, p: Tensor, c: Tensor | undefined, { factors }: BroadcastHyper): Tensor {
  const parts = [s]
  if (factors.includes('p')) parts.push(p.mul(s))
  if (c) for (let i = 0; i < c.shape[1]!; i++) parts.push(c.slice(1, i, i + 1).mul(s))
  return concat(parts, 1)
}
