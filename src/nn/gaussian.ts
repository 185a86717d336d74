import type { Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'

/** A normal distribution of independent numbers: means and logarithms of variances, of one shape [N, ...]. */
export type Gaussian = { readonly mean: Tensor; readonly logVariance: Tensor }

/** mean + exp(logVariance / 2) noise, from standard normal noise: the draw has a gradient (Kingma and Welling 2014). */
export const reparameterized = ({ mean, logVariance }: Gaussian, noise: Tensor): Tensor =>
  mean.add(logVariance.mul(0.5).exp().mul(noise))

/** KL(N(mean, exp logVariance) || N(0, 1)) = -1/2 sum_j (1 + logVariance - mean^2 - exp logVariance): [N, ...] to [N]. */
export const standardDivergence = ({ mean, logVariance }: Gaussian): Tensor =>
  mean.square().add(logVariance.exp()).sub(logVariance).sub(1).sum(sampleAxes(mean)).mul(0.5)
