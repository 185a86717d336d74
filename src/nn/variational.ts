import type { Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'

/** KL(N(mean, e^logVariance) || N(0, 1)) of independent components, [N, ...] to [N]: Kingma and Welling 2014. */
export const gaussianDivergence = (mean: Tensor, logVariance: Tensor): Tensor =>
  mean.square().add(logVariance.exp()).sub(logVariance).sub(1).mul(0.5).sum(sampleAxes(mean))

/** mean + e^(logVariance / 2) n: a sample through which gradients pass, from standard normal n. */
export const gaussianSample = (mean: Tensor, logVariance: Tensor, n: Tensor): Tensor =>
  mean.add(logVariance.mul(0.5).exp().mul(n))
