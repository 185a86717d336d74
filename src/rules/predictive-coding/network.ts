import { concat, constant, scan, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { type Precision, product } from '../../nn/dense.js'
import type { Random } from '../../nn/random.js'

/** phi, and its derivative at z as a product with g. */
interface Activation {
  of(z: Tensor): Tensor
  /** phi'(z) g. */
  back(z: Tensor, g: Tensor): Tensor
}

export const ACTIVATIONS = {
  linear: { of: (z) => z, back: (_, g) => g },
  tanh: { of: (z) => z.tanh(), back: (z, g) => g.mul(constant(1).sub(z.tanh().square())) },
  relu: { of: (z) => z.relu(), back: (z, g) => z.greater(0).select(g, 0) },
} as const satisfies Record<string, Activation>

export const ACTIVATION_NAMES = ['linear', 'tanh', 'relu'] as const satisfies readonly (keyof typeof ACTIVATIONS)[]

/** W_1 [D, N], W_2 to W_{L-1} in one stack [L - 2, N, N], W_L [N, K]. There are no biases. */
export type Weights = { readonly first: Tensor; readonly middle: Tensor; readonly last: Tensor }

export interface Architecture {
  readonly architecture: 'residual' | 'plain'
  readonly depth: number
  readonly width: number
  readonly activation: keyof typeof ACTIVATIONS
}

/** W ~ N(0, 1). */
export const initialWeights = (
  random: Random,
  inputs: number,
  { depth, width }: Architecture,
  outputs: number,
): Weights => ({
  first: random.normal('first', [inputs, width]),
  middle: random.normal('middle', [depth - 2, width, width]),
  last: random.normal('last', [width, outputs]),
})

/** s_1, s_l and s_L: of muPC, or 1 / sqrt(fan-in), with He's factor for rectifiers. */
export function scalesOf(inputs: number, { architecture, depth, width, activation }: Architecture) {
  if (architecture === 'residual') return { first: inputs ** -0.5, middle: (width * depth) ** -0.5, last: 1 / width }
  const gain = activation === 'relu' ? Math.SQRT2 : 1
  return { first: inputs ** -0.5, middle: gain * width ** -0.5, last: gain * width ** -0.5 }
}

/**
 * A network on a batch of B images. With H = L - 1 hidden layers, whose activities are one tensor z [H, B, N]:
 *   z_1 = s_1 x W_1,   z_l = z_{l-1} + s_l phi(z_{l-1}) W_l (plain: without the skip),   o = s_L phi(z_H) W_L.
 */
export interface Network {
  /** s_1 x W_1, [1, B, N]: it does not change while the activities do. */
  readonly drive: Tensor
  /** s_l W_l of the middle layers, [H - 1, N, N], and transposed. */
  readonly up: Tensor
  readonly down: Tensor
  /** s_L W_L, [N, K]. */
  readonly out: Tensor
  readonly skips: boolean
  readonly phi: Activation
}

export function networkOf(weights: Weights, x: Tensor, precision: Precision, h: Architecture): Network {
  const s = scalesOf(weights.first.shape[0]!, h)
  const up = weights.middle.mul(s.middle)
  const drive = product(flat(x), weights.first, precision).mul(s.first)
  return {
    drive: drive.reshape([1, ...drive.shape]),
    up,
    down: up.transpose([0, 2, 1]),
    out: weights.last.mul(s.last),
    skips: h.architecture === 'residual',
    phi: ACTIVATIONS[h.activation],
  }
}

/** What a middle layer, or each one of a stack, predicts from the activities below it. */
const predicted = ({ phi, skips }: Network, weight: Tensor, below: Tensor): Tensor => {
  const own = phi.of(below).matmul(weight)
  return skips ? below.add(own) : own
}

/** J^T g of a middle layer, or of a stack: J is the derivative of its prediction at the activities below it. */
export const back = ({ phi, skips }: Network, transposed: Tensor, below: Tensor, g: Tensor): Tensor => {
  const own = phi.back(below, g.matmul(transposed))
  return skips ? g.add(own) : own
}

/** The activities of a forward pass, [H, B, N]. */
export function upwards(net: Network): Tensor {
  const count = net.up.shape[0]!
  const first = net.drive.reshape(net.drive.shape.slice(1))
  const { outputs } = scan(count, [first], ([z], l) => {
    const next = predicted(net, net.up.gather(l), z!)
    return { carried: [next], outputs: [next] }
  })
  return concat([net.drive, outputs[0]!], 0)
}

/** z_1 to z_{H-1}, [H - 1, B, N]. */
export const allButTop = (z: Tensor): Tensor => z.slice(0, 0, z.shape[0]! - 1)

/** z_H, [B, N]. */
export const top = (z: Tensor): Tensor => z.slice(0, z.shape[0]! - 1, z.shape[0]!).reshape(z.shape.slice(1))

/** c_l = z_l - (what layer l predicts from z_{l-1}), [H, B, N]. */
export const constraints = (net: Network, z: Tensor): Tensor =>
  z.sub(concat([net.drive, predicted(net, net.up, allButTop(z))], 0))

/** o = s_L phi(z_H) W_L, [B, K]. */
export const outputOf = ({ phi, out }: Network, z: Tensor): Tensor => phi.of(top(z)).matmul(out)

/** J_{l+1}^T u_{l+1} for every hidden layer l, [H, B, N], of u [H, B, N] and, of the output, u_L [B, K]. */
export function pulledFromAbove(net: Network, z: Tensor, u: Tensor, outputU: Tensor): Tensor {
  const lower = back(net, net.down, allButTop(z), u.slice(0, 1, u.shape[0]!))
  const highest = net.phi.back(top(z), outputU.matmul(net.out, { transposeB: true }))
  return concat([lower, highest.reshape([1, ...highest.shape])], 0)
}
