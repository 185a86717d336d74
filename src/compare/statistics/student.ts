/** Student's t and the standard normal, by the Cephes library (Moshier 1989), compiled to WebAssembly. */
import { compiled, lgam, ndtr, stdtr, stdtri } from 'cephes'

await compiled

/** P(|T| > |t|) with `freedom` degrees of freedom: the p-value of a two-sided test. */
export const twoSided = (t: number, freedom: number): number => 2 * stdtr(freedom, -Math.abs(t))

/** The t that |T| exceeds with probability `alpha`. */
export const critical = (alpha: number, freedom: number): number => stdtri(freedom, 1 - alpha / 2)

/** P(Z < z); beyond 40 deviations, where the library gives no numbers, 0 or 1. */
const below = (z: number): number => ndtr(Math.max(-40, Math.min(40, z)))

/** Parts of the range of the integral below; Simpson's rule. */
const PARTS = 2000

/**
 * P(|T'| > `limit`) of the noncentral t: T' = (Z + `shift`) / S with S = sqrt(chi^2 / freedom). It is the mean over S of
 * Phi(shift - limit S) + Phi(-shift - limit S), integrated over 12 deviations of S on both sides of 1.
 */
export function noncentralBeyond(limit: number, shift: number, freedom: number): number {
  const spread = 12 / Math.sqrt(2 * freedom)
  const [low, high] = [Math.max(0, 1 - spread), 1 + spread]
  const scale = Math.log(2) + (freedom / 2) * Math.log(freedom / 2) - lgam(freedom / 2)
  const density = (s: number): number =>
    s === 0
      ? freedom === 1
        ? Math.exp(scale)
        : 0
      : Math.exp(scale + (freedom - 1) * Math.log(s) - (freedom * s * s) / 2)
  const width = (high - low) / PARTS
  let sum = 0
  for (let i = 0; i <= PARTS; i++) {
    const s = low + i * width
    const weight = i === 0 || i === PARTS ? 1 : i % 2 === 1 ? 4 : 2
    sum += weight * density(s) * (below(shift - limit * s) + below(-shift - limit * s))
  }
  return (sum * width) / 3
}
