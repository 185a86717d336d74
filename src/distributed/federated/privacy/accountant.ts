/**
 * What a number of private rounds tells of one client, by Rényi differential privacy: Mironov 2017 (arXiv 1702.07476),
 * proposition 1 for composition, proposition 3 for conversion, section 6 for the Gaussian mechanism.
 *
 * Every client counts as taking part in every round. Where rounds ask only some of them, the choice is drawn from the
 * run's seed and stands in the round's state, which all clients read: a choice that is known hides nobody, so nothing
 * is gained by it. A client that was absent gains nothing for those who were there.
 */

/**
 * Epsilon for a delta after so many rounds: the smallest rounds a / (2 noise^2) + ln(1 / delta) / (a - 1) over all orders
 * a > 1, which is at a = 1 + noise sqrt(2 ln(1 / delta) / rounds). `noise`: the multiplier. Infinite without noise.
 */
export function epsilonOf(rounds: number, delta: number, noise: number): number {
  const perOrder = rounds / (2 * noise ** 2)
  return perOrder + 2 * Math.sqrt(perOrder * Math.log(1 / delta))
}
