import { bounds, cell, type Distribution, fromAxis, type Numeric, sizeOfDistribution, toAxis } from '../distribution.js'
import type { Draw } from '../draw.js'
import { logMass, logPdf, truncated } from '../normal.js'

/** A mixture with one component for each point and a broad one, the prior, over parameters of any kinds. */
export interface Parzen {
  /** One number for each distribution. */
  sample(draw: Draw): number[]
  logDensity(point: readonly number[]): number
}

/** One component along one parameter. */
interface Kernel {
  sample(draw: Draw): number
  logDensity(number: number): number
}

/** Points of the last so many trials weigh the same; the weights of older ones fall to 1/n. */
const RECENT = 25

/** The deviation of a joint kernel, in parts of the range, before it is made narrower by the number of points. */
const JOINT_WIDTH = 0.2

/**
 * The Parzen estimator of TPE (Bergstra et al. 2011), by the rules of Optuna's sampler: section 4.2 of the
 * specification. `points`, oldest first, hold a number for each distribution. `joint`: components are products over
 * several parameters, whose widths go by Scott's rule; else a width goes by the neighbours of its point.
 */
export function parzen(
  distributions: readonly Distribution[],
  points: readonly (readonly number[])[],
  joint: boolean,
): Parzen {
  const weights = [...weightsOf(points.length), 1]
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const columns = distributions.map((distribution, i) => {
    const numbers = points.map((point) => point[i]!)
    if (distribution.kind === 'choice') return choiceKernels(distribution.choices.length, numbers)
    return numericKernels(distribution, numbers, joint ? distributions.length : undefined)
  })
  return {
    sample(draw) {
      let left = draw() * total
      const found = weights.findIndex((weight) => {
        left -= weight
        return left < 0
      })
      const component = found < 0 ? weights.length - 1 : found
      return columns.map((kernels) => kernels[component]!.sample(draw))
    },
    logDensity(point) {
      const logs = weights.map((weight, component) =>
        columns.reduce((sum, kernels, i) => sum + kernels[component]!.logDensity(point[i]!), Math.log(weight / total)),
      )
      const largest = Math.max(...logs)
      return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0))
    },
  }
}

/** Of n points, oldest first: 1 for fewer than 25, else a ramp from 1/n to 1 before the last 25. */
export function weightsOf(n: number): number[] {
  const old = Math.max(0, n - RECENT)
  const ramp = Array.from({ length: old }, (_, i) => (old === 1 ? 1 / n : 1 / n + (1 - 1 / n) * (i / (old - 1))))
  return [...ramp, ...new Array<number>(n - old).fill(1)]
}

/** The choice of the point once more than each other one has of it: 1 / (number of kernels). */
function choiceKernels(choices: number, points: readonly number[]): Kernel[] {
  const share = 1 / (points.length + 1)
  const kernel = (seen?: number): Kernel => {
    const part = (choice: number): number =>
      seen === undefined ? 1 / choices : (share + (choice === seen ? 1 : 0)) / (1 + choices * share)
    return {
      sample(draw) {
        let left = draw()
        for (let choice = 0; choice < choices - 1; choice++) {
          left -= part(choice)
          if (left < 0) return choice
        }
        return choices - 1
      },
      logDensity: (choice) => Math.log(part(choice)),
    }
  }
  return [...points.map(kernel), kernel()]
}

function numericKernels(distribution: Numeric, points: readonly number[], jointly: number | undefined): Kernel[] {
  const [low, high] = bounds(distribution)
  const places = points.map((point) => toAxis(distribution, point))
  const widths = deviationsOf(places, low, high, jointly)
  const kernels = places.map((place, i) => normalKernel(distribution, place, widths[i]!))
  return [...kernels, normalKernel(distribution, (low + high) / 2, high - low)]
}

/** The deviations of the components of points on an axis from `low` to `high`; `jointly`: of how many parameters. */
export function deviationsOf(places: readonly number[], low: number, high: number, jointly?: number): number[] {
  const range = high - low
  const n = places.length
  const least = range / Math.min(100, 2 + n)
  const clip = (width: number): number => Math.min(range, Math.max(least, width))
  if (jointly !== undefined) return places.map(() => clip(JOINT_WIDTH * range * n ** (-1 / (jointly + 4))))
  // The centre of the prior is a neighbour like any other, and the bounds are those of the outermost points, which
  // however have no width from there.
  const sorted = [...places.keys(), n].sort((a, b) => (places[a] ?? (low + high) / 2) - (places[b] ?? (low + high) / 2))
  const at = (rank: number): number => places[sorted[rank]!] ?? (low + high) / 2
  const widths = new Array<number>(n)
  for (let rank = 0; rank <= n; rank++) {
    const left = rank > 0 ? at(rank) - at(rank - 1) : 0
    const right = rank < n ? at(rank + 1) - at(rank) : 0
    if (sorted[rank]! < n) widths[sorted[rank]!] = clip(Math.max(left, right))
  }
  return widths
}

/** A normal that is cut off at the bounds; where values have steps, integrated over the cell of each. */
function normalKernel(distribution: Numeric, mean: number, deviation: number): Kernel {
  const [low, high] = bounds(distribution)
  const [a, b] = [(low - mean) / deviation, (high - mean) / deviation]
  const { step } = distribution
  if (sizeOfDistribution(distribution) === 1) return { sample: () => distribution.low, logDensity: () => 0 }
  const whole = logMass(a, b)
  return {
    sample: (draw) => fromAxis(distribution, mean + deviation * truncated(draw(), a, b)),
    logDensity(number) {
      if (step === undefined) {
        const z = (toAxis(distribution, number) - mean) / deviation
        return logPdf(z) - Math.log(deviation) - whole
      }
      const [from, to] = cell({ ...distribution, step }, number)
      return logMass((from - mean) / deviation, (to - mean) / deviation) - whole
    },
  }
}
