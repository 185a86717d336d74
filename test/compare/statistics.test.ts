import assert from 'node:assert/strict'
import test from 'node:test'
import { holm, pairedDifference, summarized } from '../../src/compare/statistics/paired.js'
import { pairsNeeded, powerOf } from '../../src/compare/statistics/power.js'
import { critical, noncentralBeyond, twoSided } from '../../src/compare/statistics/student.js'

const near = (value: number | undefined, expected: number, error: number): void =>
  assert.ok(Math.abs(value! - expected) <= error, `${value} is not ${expected}`)

/** P(|T| > t) in closed form: Abramowitz and Stegun 26.7.3 (odd degrees of freedom) and 26.7.4 (even ones). */
function closedForm(t: number, freedom: number): number {
  const angle = Math.atan(Math.abs(t) / Math.sqrt(freedom))
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
  const isOdd = freedom % 2 === 1
  let term = isOdd ? cosine : 1
  let sum = freedom === 1 ? 0 : term
  for (let n = isOdd ? 3 : 2; n < freedom; n += 2) {
    term *= ((n - 1) / n) * cosine * cosine
    sum += term
  }
  return isOdd ? 1 - (2 / Math.PI) * (angle + sine * sum) : 1 - sine * sum
}

test('p-values are those of the closed forms, to 1e-9', () => {
  for (let freedom = 1; freedom <= 40; freedom++)
    for (const t of [0, 1e-3, 0.3, 0.7, 1, 1.96, -2.5, 4, 7, -12])
      near(twoSided(t, freedom), closedForm(t, freedom), 1e-9)
})

test('far out, p-values keep their digits', () => {
  near(twoSided(1e6, 1) / ((2 / Math.PI) * Math.atan(1e-6)), 1, 1e-9)
  // 1 - t/sqrt(2 + t^2) = 2 / (s (s + t)) with s = sqrt(2 + t^2).
  const s = Math.sqrt(2 + 4e8)
  near(twoSided(2e4, 2) / (2 / (s * (s + 2e4))), 1, 1e-9)
})

test('what |T| exceeds with probability 0.05 is that of the closed forms', () => {
  near(critical(0.05, 1), Math.tan(0.475 * Math.PI), 1e-9)
  near(critical(0.05, 2), 0.95 * Math.sqrt(2 / (1 - 0.95 ** 2)), 1e-9)
  for (let freedom = 1; freedom <= 40; freedom++) near(closedForm(critical(0.05, freedom), freedom), 0.05, 1e-9)
})

/** Hours of sleep gained by ten patients with two drugs: Student, "The probable error of a mean", 1908. */
const SLEEP = [
  [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2],
  [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
] as const

test("Student's sleep data: the paired t test that every textbook has", () => {
  const { mean, deviation, t, p, effect, interval, seedsNeeded } = pairedDifference(SLEEP[1], SLEEP[0])
  near(mean, 1.58, 1e-12)
  near(deviation, 1.2299954832, 1e-9)
  near(t, 4.0621276834, 1e-9)
  near(p, closedForm(t!, 9), 1e-9)
  near(p, 0.00283289, 1e-8)
  near(effect, 4.0621276834 / Math.sqrt(10), 1e-9)
  near(interval![0], 0.7001142, 1e-7)
  near(interval![1], 2.4598858, 1e-7)
  assert.equal(seedsNeeded, 7)
})

test('three pairs: p by the closed form of two degrees of freedom', () => {
  const { t, p } = pairedDifference([0.95, 0.93, 0.96], [0.91, 0.92, 0.9])
  const [mean, deviation] = [
    0.11 / 3,
    Math.sqrt(((0.04 - 0.11 / 3) ** 2 + (0.01 - 0.11 / 3) ** 2 + (0.06 - 0.11 / 3) ** 2) / 2),
  ]
  const expected = mean / (deviation / Math.sqrt(3))
  near(t, expected, 1e-9)
  near(p, 1 - expected / Math.sqrt(2 + expected ** 2), 1e-9)
})

test('one number has no deviation, and differences that do not vary have no test', () => {
  assert.deepEqual(summarized([3]), { count: 1, mean: 3 })
  assert.equal(pairedDifference([0.9, 0.8], [0.8, 0.7]).p, undefined)
  assert.equal(pairedDifference([0.9, 0.8], [0.9, 0.8]).p, undefined)
  assert.throws(() => pairedDifference([1, 2], [1]), RangeError)
  assert.throws(() => summarized([]), RangeError)
})

test('the noncentral t without a shift is the central one', () => {
  for (const freedom of [1, 2, 3, 5, 12, 40, 300])
    for (const t of [0.5, 2, 4]) near(noncentralBeyond(t, 0, freedom), twoSided(t, freedom), 1e-9)
})

test('seeds needed at 80 % power: the published values of G*Power and of power.t.test of R', () => {
  assert.deepEqual([0.2, 0.5, 0.8, 1, -0.5].map(pairsNeeded), [199, 34, 15, 10, 34])
  near(powerOf(34, 0.5), 0.8077775, 1e-6)
  assert.equal(pairsNeeded(0.001), undefined)
  assert.equal(pairsNeeded(1e6), 2)
})

test('Holm: each corrected by the number of those that are no smaller, rising, at most 1', () => {
  assert.deepEqual(
    holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(10))),
    [0.03, 0.06, 0.06, 0.02],
  )
  assert.deepEqual(holm([0.7, 0.8]), [1, 1])
})
