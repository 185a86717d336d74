import { grad, scan, type Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'
import { constraints, type Network, outputOf, upwards } from './network.js'
import { slopeOf } from './relaxation.js'

/**
 * lambda_max, the largest eigenvalue of the energy's Hessian by the activities over the samples of a batch, where the
 * activities are those of the forward pass and the output is as it should be: by power iteration, from below. A scalar.
 */
export function largestCurvature(net: Network, random: Random, rho: number, turns = 100): Tensor {
  const z = upwards(net).stopGradient()
  const slope = slopeOf(net, z, constraints(net, z).mul(rho), outputOf(net, z).stopGradient())
  const times = (v: Tensor): Tensor => grad(slope.mul(v).sum(), [z])[0]!
  const unit = (v: Tensor): Tensor => v.div(v.square().sum().sqrt())
  const [v] = scan(turns, [unit(random.normal('curvature', z.shape))], ([v]) => ({
    carried: [unit(times(v!))],
  })).carried
  return times(v!).square().sum().sqrt()
}
