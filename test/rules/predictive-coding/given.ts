import { constant, grad, oneHot, type Tensor } from '../../../src/graph/index.js'
import { FLOAT32, squaredError } from '../../../src/nn/index.js'
import {
  type Architecture,
  networkOf,
  outputOf,
  upwards,
  type Weights,
} from '../../../src/rules/predictive-coding/network.js'
import { type Relaxation, relax } from '../../../src/rules/predictive-coding/relaxation.js'
import { normals, numbers } from '../../nn/evaluate.js'

/** The settings of the authors, with T turns. */
export const authors = (turns: number, other: Partial<Relaxation> = {}): Relaxation => ({
  ...{ turns, innerSteps: 1, sweep: 'jacobi', rho: 1, alpha: 1, tolerance: 0 },
  ...other,
})

export const LINEAR: Architecture = { architecture: 'residual', depth: 4, width: 8, activation: 'linear' }

/** Numbers in place of a graph, so that what follows does not compute them again. */
export const fixed = (x: Tensor): Tensor => constant(numbers(x), x.shape)

export interface Sizes {
  readonly inputs?: number
  readonly outputs?: number
  readonly batch?: number
}

/** A network as it begins, with leaves that can be differentiated, and a batch. */
export function given(h: Architecture, { inputs = 20, outputs = 5, batch = 7 }: Sizes = {}) {
  const weights: Weights = {
    first: normals('first', [inputs, h.width]),
    middle: normals('middle', [h.depth - 2, h.width, h.width]),
    last: normals('last', [h.width, outputs]),
  }
  const labels = Array.from({ length: batch }, (_, i) => i % outputs)
  return from(weights, normals('x', [batch, inputs]), oneHot(constant(labels, [batch], 'int32'), outputs), h)
}

/** A network of these weights on this batch: its forward pass, and its loss by backpropagation. */
export function from(weights: Weights, x: Tensor, y: Tensor, h: Architecture) {
  const net = networkOf(weights, x, FLOAT32, h)
  const z = upwards(net)
  const parameters = [weights.first, weights.middle, weights.last]
  const loss = squaredError(outputOf(net, z), y).mul(0.5)
  return { weights, parameters, x, y, h, net, z, loss }
}

export type Given = ReturnType<typeof from>

/** -d loss_i / dz_l of each sample i in a forward pass, [H, B, N]: what the multipliers are to become. */
export function adjoints({ net, y, z }: Given): number[] {
  // Every layer's activities with a shift of their own, which is 0: the slope by it is the slope by the activities.
  const shift = constant(new Float64Array(z.size), z.shape)
  const shifts = Array.from({ length: z.shape[0]! }, (_, l) => shift.slice(0, l, l + 1).reshape(z.shape.slice(1)))
  let own = net.drive.reshape(z.shape.slice(1)).add(shifts[0]!)
  for (let l = 1; l < shifts.length; l++) {
    const w = net.up.slice(0, l - 1, l).reshape(net.up.shape.slice(1))
    const next = net.phi.of(own).matmul(w)
    own = (net.skips ? own.add(next) : next).add(shifts[l]!)
  }
  const loss = squaredError(net.phi.of(own).matmul(net.out), y).mul(0.5).sum()
  return numbers(grad(loss, [shift])[0]!).map((v) => -v)
}

export const relaxed = ({ net, z, y }: Given, eta: number, r: Relaxation) => {
  const { z: end, lambda } = relax(net, z, y, constant(eta), r)
  return { z: fixed(end), lambda: lambda ? fixed(lambda) : constant(new Float64Array(z.size), z.shape) }
}

export const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b))
