import type { Tensor } from '../../graph/index.js'

/** Abramowitz and Stegun 4.4.46: acos(x) = sqrt(1 - x) P(x) for x from 0 to 1, with an error of at most 2e-8. */
const P = [
  1.570796305, -0.2145988016, 0.0889789874, -0.0501743046, 0.030891881, -0.0170881256, 0.0066700901, -0.0012624911,
]

/** The angle of a cosine in [-1, 1], in degrees. */
export function degrees(cosine: Tensor): Tensor {
  const x = cosine.abs().minimum(1)
  const series = P.slice(0, -1).reduceRight((sum: Tensor, p) => sum.mul(x).add(p), x.mul(0).add(P.at(-1)!))
  const acute = series.mul(x.neg().add(1).sqrt()).mul(180 / Math.PI)
  return cosine.less(0).select(acute.neg().add(180), acute)
}

/** The angle between two tensors of one shape as vectors, in degrees: acos(<a, c> / (|a| |c|)). */
export const angleBetween = (a: Tensor, c: Tensor): Tensor =>
  degrees(a.mul(c).sum().div(a.square().sum().mul(c.square().sum()).add(1e-30).sqrt()))
