import type { Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'

/** KL(N(mean, e^logVariance) || N(0, 1)) of independent components, [N, ...] to [N]: Kingma and Welling 2014. */
export const gaussianDivergence = (mean: Tensor, logVariance: Tensor): Tensor =>
  mean.square().add(logVariance.exp()).sub(logVariance).sub(1).mul(0.5).sum(sampleAxes(mean))

/**
 * ln N(z; 0, 1) - ln N(z; mean, e^logVariance) of independent components, [N, ...] to [N], at z = mean + e^(logVariance / 2) n: what
 * the prior says more than the posterior.
 */
export function gaussianLogRatio(mean: Tensor, logVariance: Tensor, n: Tensor): Tensor {
  const z = gaussianSample(mean, logVariance, n)
  return n.square().add(logVariance).sub(z.square()).mul(0.5).sum(sampleAxes(mean))
}

/** ln N(x; mean, deviation^2) of independent components of one deviation, [N, ...] to [N], with the normaliser. */
export const gaussianLogDensity = (x: Tensor, mean: Tensor, deviation: number): Tensor =>
  x
    .sub(mean)
    .square()
    .mul(-0.5 / deviation ** 2)
    .sub(Math.log(deviation) + 0.5 * Math.log(2 * Math.PI))
    .sum(sampleAxes(x))

/** mean + e^(logVariance / 2) n: a sample through which gradients pass, from standard normal n. */
export const gaussianSample = (mean: Tensor, logVariance: Tensor, n: Tensor): Tensor =>
  mean.add(logVariance.mul(0.5).exp().mul(n))
