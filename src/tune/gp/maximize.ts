import { type Distribution, numbersOf, sizeOfDistribution } from '../distribution.js'
import type { Draw } from '../draw.js'
import { minimize } from '../lbfgs.js'
import { improvementSlope, logImprovement } from './improvement.js'
import { coordinate, numberAt, type Point } from './kernel.js'
import type { Posterior } from './posterior.js'

/** Points all over the space, of which the best ones are begun from. */
const SPREAD = 2048
const SEARCHES = 10
const ROUNDS = 3

/** Parameters with so few values are tried value by value; others move along their axis, and to a step at the end. */
const FEW = 16

const SMALLEST = 1e-12

const logExpected = ({ mean, variance }: { mean: number; variance: number }, best: number): number => {
  const deviation = Math.sqrt(Math.max(SMALLEST, variance))
  return Math.log(deviation) + logImprovement((mean - best) / deviation)
}

/** The point where the expected improvement over `best` is largest; `bestX` is where that was found. */
export function mostImproving(
  kinds: readonly Distribution[],
  process: Posterior,
  best: number,
  bestX: Point,
  draw: Draw,
): Point {
  const valueAt = (x: Point): number => logExpected(process.predict(x), best)
  const starts = [...spread(kinds, draw), bestX]
    .map((x) => ({ x, value: valueAt(x) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, SEARCHES)
  let found = starts[0]!
  for (const start of starts) {
    const end = climb(kinds, process, best, start.x, valueAt)
    if (end.value > found.value) found = end
  }
  return found.x
}

/** Points of an additive recurrence with a random start (Roberts 2018), as values that the parameters have. */
function spread(kinds: readonly Distribution[], draw: Draw): Point[] {
  // The positive root of x^(d+1) = x + 1.
  let root = 2
  for (let turn = 0; turn < 60; turn++) root = (1 + root) ** (1 / (kinds.length + 1))
  const shift = kinds.map(() => draw())
  return Array.from({ length: SPREAD }, (_, n) =>
    Float64Array.from(kinds, (kind, i) => {
      const place = (shift[i]! + (n + 1) * root ** -(i + 1)) % 1
      return kind.kind === 'choice' ? Math.floor(place * kind.choices.length) : stepped(kind, place)
    }),
  )
}

const stepped = (kind: Distribution, place: number): number => coordinate(kind, numberAt(kind, place))

/** From a point upwards: by gradients along the axes, value by value where there are few, in turns. */
function climb(
  kinds: readonly Distribution[],
  process: Posterior,
  best: number,
  start: Point,
  valueAt: (x: Point) => number,
): { readonly x: Point; readonly value: number } {
  const few = kinds.map((kind) => kind.kind === 'choice' || sizeOfDistribution(kind) <= FEW)
  const smooth = [...kinds.keys()].filter((i) => !few[i])
  let x = start
  let value = valueAt(x)
  for (let round = 0; round < ROUNDS; round++) {
    const before = value
    if (smooth.length > 0) {
      const moved = alongAxes(process, best, x, smooth).map((place, i) => (few[i] ? place : stepped(kinds[i]!, place)))
      const there = valueAt(moved)
      if (there > value) [x, value] = [moved, there]
    }
    for (const [i, kind] of kinds.entries())
      for (const number of few[i] ? numbersOf(kind) : []) {
        const other = x.with(i, coordinate(kind, number))
        const there = valueAt(other)
        if (there > value) [x, value] = [other, there]
      }
    if (!(value > before)) break
  }
  return { x, value }
}

function alongAxes(process: Posterior, best: number, x: Point, smooth: readonly number[]): Point {
  const whole = (part: Float64Array): Point => {
    const point = Float64Array.from(x)
    for (const [i, d] of smooth.entries()) point[d] = part[i]!
    return point
  }
  const negative = (part: Float64Array) => {
    const { mean, variance, meanSlope, varianceSlope } = process.slopes(whole(part))
    const deviation = Math.sqrt(Math.max(SMALLEST, variance))
    const z = (mean - best) / deviation
    const slope = improvementSlope(z)
    const gradient = Float64Array.from(smooth, (d) => {
      const change = varianceSlope[d]! / (2 * deviation)
      return -(change / deviation + (slope * (meanSlope[d]! - z * change)) / deviation)
    })
    return { value: -logExpected({ mean, variance }, best), gradient }
  }
  const start = Float64Array.from(smooth, (d) => x[d]!)
  return whole(minimize(negative, start, { low: 0, high: 1, tolerance: 1e-4, iterations: 30 }).x)
}
