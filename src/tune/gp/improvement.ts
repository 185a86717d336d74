import { erfcx, logCdf, logPdf } from '../normal.js'

/** Below it, 1 + z R(z) is lost in rounding, and its first term, 1/z^2, is all there is. */
const FAR = -1e3

/** log of h(z) = z Phi(z) + phi(z): the expected improvement in units of the deviation. */
export function logImprovement(z: number): number {
  if (z > 0) return Math.log(z * Math.exp(logCdf(z)) + Math.exp(logPdf(z)))
  if (z < FAR) return logPdf(z) - 2 * Math.log(-z)
  return logPdf(z) + Math.log1p(z * Math.sqrt(Math.PI / 2) * erfcx(-z * Math.SQRT1_2))
}

/** Its derivative: Phi(z) / h(z). */
export const improvementSlope = (z: number): number => Math.exp(logCdf(z) - logImprovement(z))
