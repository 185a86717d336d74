import type { Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'

/**
 * KL(Laplace(mean, scale) || Laplace(0, 1)) of independent components in nats, [N, ...] to [N]:
 *   |m| + b e^(-|m| / b) - ln b - 1
 * (Gil, Alajaji and Linder 2013, table 3, with a prior of scale 1). `scale` broadcasts over `mean`.
 */
export function laplaceDivergence(mean: Tensor, scale: Tensor): Tensor {
  const size = mean.abs()
  const each = size
    .add(scale.mul(size.div(scale).neg().exp()))
    .sub(scale.log())
    .sub(1)
  return each.sum(sampleAxes(each))
}

/** The variance of a Laplace distribution of that scale. */
export const laplaceVariance = (scale: Tensor): Tensor => scale.square().mul(2)

/** sign(x) max(0, |x| - threshold): what makes a code sparse (Donoho and Johnstone 1994). */
export const softThreshold = (x: Tensor, threshold: Tensor): Tensor =>
  x.sub(threshold).relu().sub(x.neg().sub(threshold).relu())
