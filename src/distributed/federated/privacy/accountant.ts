/**
 * What a number of private rounds tells of one client, by Rényi differential privacy: Mironov 2017 (arXiv 1702.07476) for
 * composition and conversion, Mironov, Talwar and Zhang 2019 (arXiv 1908.10530, section 3.3) for the sampled Gaussian.
 *
 * The bound holds where every client takes part in a round with probability q by itself. Drawing a fixed number of
 * clients instead, as a round does, is close to it but not the same; where all clients are asked, q is 1 and it is exact.
 */

/** Orders at which the divergence is looked at; whole ones, for which it has a finite sum. */
const ORDERS = [...Array.from({ length: 63 }, (_, i) => i + 2), 80, 96, 128, 192, 256, 512]

/** ln(k!) for k from 0. */
function logFactorials(most: number): Float64Array {
  const sums = new Float64Array(most + 1)
  for (let k = 1; k <= most; k++) sums[k] = sums[k - 1]! + Math.log(k)
  return sums
}

const LOG_FACTORIALS = logFactorials(ORDERS.at(-1)!)

/**
 * The Rényi divergence of one round at a whole order a >= 2:
 *   ln( sum_k C(a, k) (1 - q)^(a - k) q^k exp((k^2 - k) / (2 noise^2)) ) / (a - 1).
 */
export function renyiDivergence(order: number, { rate: q, noise }: { rate: number; noise: number }): number {
  if (q === 1) return order / (2 * noise ** 2)
  const logs = Array.from({ length: order + 1 }, (_, k) => {
    const binomial = LOG_FACTORIALS[order]! - LOG_FACTORIALS[k]! - LOG_FACTORIALS[order - k]!
    return binomial + (order - k) * Math.log1p(-q) + k * Math.log(q) + (k * k - k) / (2 * noise ** 2)
  })
  const largest = Math.max(...logs)
  return (largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0))) / (order - 1)
}

/**
 * Epsilon for a delta after so many rounds: min over orders of rounds D(a) + ln(1 / delta) / (a - 1) (Mironov 2017,
 * proposition 3). `rate`: the share of the clients that take part in a round; `noise`: the multiplier. Infinite without
 * noise.
 */
export function epsilonOf(rounds: number, delta: number, sampled: { rate: number; noise: number }): number {
  if (sampled.noise === 0) return Number.POSITIVE_INFINITY
  return Math.min(
    ...ORDERS.map((order) => rounds * renyiDivergence(order, sampled) + Math.log(1 / delta) / (order - 1)),
  )
}
