import type { Draw } from '../draw.js'
import { uniformly } from '../random.js'
import { hasDiverged, type Question, type Sampler, START_UP } from '../sampler.js'
import { isFinished, lastReport, losses, type Trial } from '../study.js'
import { coordinate, numberAt, type Point } from './kernel.js'
import { mostImproving } from './maximize.js'
import { fitKernel, posterior } from './posterior.js'

/**
 * Gaussian process and expected improvement (section 4.1 of the specification): Matern 5/2 with a length for each
 * parameter, fitted anew before each trial. Trials that run count as if they had found what is expected of them
 * (Ginsbourger et al. 2010), so that no two workers look at one place. A pruned trial counts with the last value that it
 * reported, a diverged one with the worst of all. Parameters that some trials lack are drawn at random.
 */
export const gaussianProcess: Sampler = {
  joint(question) {
    const { distributions, trials, draw } = question
    if (trials.filter(isFinished).length < START_UP) return uniformly(question)
    const kinds = distributions.map(([, distribution]) => distribution)
    const pointOf = ({ params }: Trial): Point =>
      Float64Array.from(distributions, ([name, kind]) => coordinate(kind, params[name] ?? Number.NaN))
    const isWhole = (trial: Trial): boolean => pointOf(trial).every((place) => !Number.isNaN(place))
    const seen = trials.filter((trial) => (isFinished(trial) || hasDiverged(trial)) && isWhole(trial))
    const xs = seen.map(pointOf)
    const ys = standardized(meritsOf(seen, question))
    const params = fitKernel(kinds, xs, ys)
    const before = posterior(kinds, params, xs, ys)
    const running = trials.filter((trial) => trial.state === 'running' && isWhole(trial)).map(pointOf)
    const believed = running.map((x) => before.predict(x).mean)
    const [places, merits] = [
      [...xs, ...running],
      [...ys, ...believed],
    ]
    const after = running.length === 0 ? before : posterior(kinds, params, places, merits)
    const best = Math.max(...merits)
    const x = mostImproving(kinds, after, best, places[merits.indexOf(best)]!, draw)
    return kinds.map((kind, i) => numberAt(kind, x[i]!))
  },
  alone: uniformly,
}

/** One figure for each trial, to be large. */
function meritsOf(trials: readonly Trial[], { directions, draw }: Question): number[] {
  const known = trials.map(({ values, reports, state }) => {
    if (state === 'complete') return losses(values!, directions)
    const last = state === 'pruned' ? lastReport({ reports }) : undefined
    return last && losses([last[1]], directions)
  })
  const worst = directions.map((_, i) => Math.max(...known.flatMap((loss) => loss?.[i] ?? [])))
  const complete = known.map((loss) => directions.map((_, i) => loss?.[i] ?? worst[i]!))
  if (directions.length === 1) return complete.map(([loss]) => -loss!)
  return weighted(complete, draw).map((loss) => -loss)
}

/** Several losses as one, by weights that are drawn anew each time: the augmented Chebyshev norm of ParEGO (Knowles 2006). */
function weighted(points: readonly (readonly number[])[], draw: Draw): number[] {
  const size = points[0]!.length
  const shares = Array.from({ length: size }, () => -Math.log(1 - draw()))
  const total = shares.reduce((sum, share) => sum + share, 0)
  const low = shares.map((_, i) => Math.min(...points.map((point) => point[i]!)))
  const high = shares.map((_, i) => Math.max(...points.map((point) => point[i]!)))
  return points.map((point) => {
    const parts = point.map((loss, i) => ((shares[i]! / total) * (loss - low[i]!)) / (high[i]! - low[i]! || 1))
    return Math.max(...parts) + 0.05 * parts.reduce((sum, part) => sum + part, 0)
  })
}

/** Mean 0 and deviation 1. */
function standardized(ys: readonly number[]): number[] {
  const mean = ys.reduce((sum, y) => sum + y, 0) / ys.length
  const deviation = Math.sqrt(ys.reduce((sum, y) => sum + (y - mean) ** 2, 0) / ys.length) || 1
  return ys.map((y) => (y - mean) / deviation)
}
