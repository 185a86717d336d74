/**
 * The normal distribution far into its tails, where 1 - cdf is no longer told from 1: samplers compare logarithms of
 * densities there. All of it goes by the scaled complementary error function, erfcx(x) = exp(x^2) erfc(x).
 */

const SQRT_PI = Math.sqrt(Math.PI)
const LOG_2 = Math.log(2)

/** Below it, erf by its series; above it, erfcx by its continued fraction, which needs few terms there. */
const SERIES_UP_TO = 2
const FRACTIONS = 80

/** exp(x^2) erfc(x) of x >= 0, to a relative error of some 1e-13. */
export function erfcx(x: number): number {
  if (x <= SERIES_UP_TO) {
    // erf(x) = 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1)): all terms are positive.
    let term = x
    let sum = x
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1)
      sum += term
    }
    return Math.exp(x * x) - (2 / SQRT_PI) * sum
  }
  let rest = x
  for (let n = FRACTIONS; n >= 1; n--) rest = x + n / 2 / rest
  return 1 / (SQRT_PI * rest)
}

/** log of the density of the standard normal. */
export const logPdf = (z: number): number => -(z * z) / 2 - Math.log(2 * Math.PI) / 2

/** log of the probability below z. */
export function logCdf(z: number): number {
  if (z > 0) return Math.log1p(-Math.exp(logCdf(-z)))
  return Math.log(erfcx(-z * Math.SQRT1_2)) - LOG_2 - (z * z) / 2
}

/** log of the probability between a and b, a < b. */
export function logMass(a: number, b: number): number {
  if (a > 0) return logMass(-b, -a)
  if (b > 0) return Math.log1p(-Math.exp(logCdf(a)) - Math.exp(logCdf(-b)))
  const upper = logCdf(b)
  return upper + Math.log1p(-Math.exp(logCdf(a) - upper))
}

/**
 * Where the probability below is exp(logP). Newton's steps on log cdf, which is concave: from a place on the left they
 * come nearer and never pass it, and Phi(z) <= exp(-z^2 / 2) / 2 for z <= 0 gives such a place.
 */
export function quantile(logP: number): number {
  if (logP > -LOG_2) return -quantile(Math.log(-Math.expm1(logP)))
  let z = -Math.sqrt(-2 * (logP + LOG_2))
  for (let turn = 0; turn < 50; turn++) {
    const log = logCdf(z)
    const step = (logP - log) * Math.exp(log - logPdf(z))
    z += step
    if (!(Math.abs(step) > 1e-13 * Math.max(1, Math.abs(z)))) break
  }
  return z
}

/** A place of the normal of mean 0 and deviation 1 that is cut off at a and b, by a uniform number `u`. */
export function truncated(u: number, a: number, b: number): number {
  if (a > 0) return -truncated(1 - u, -b, -a)
  const [below, part] = [logCdf(a), Math.log(u) + logMass(a, b)]
  const larger = Math.max(below, part)
  const sum = larger + Math.log1p(Math.exp(Math.min(below, part) - larger))
  return Math.min(b, Math.max(a, quantile(Number.isFinite(sum) ? Math.min(0, sum) : below)))
}
