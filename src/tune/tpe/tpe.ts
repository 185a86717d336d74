import { uniformly } from '../random.js'
import { type Question, type Sampler, START_UP } from '../sampler.js'
import { isFinished, type Trial } from '../study.js'
import { parzen } from './parzen.js'
import { split } from './split.js'

const CANDIDATES = 24

/**
 * The tree-structured Parzen estimator (Bergstra et al. 2011), by the rules of Optuna's sampler: of 24 values drawn from
 * the mixture of good trials, the one that is likeliest there against the mixture of all others. With one objective the
 * parameters that all trials share are drawn together; with several, each alone.
 */
export const tpe: Sampler = {
  joint(question) {
    if (question.directions.length === 1) return draw(question, true)
    return question.distributions.flatMap((one) => draw({ ...question, distributions: [one] }, false))
  },
  alone: (question) => draw(question, false),
}

function draw(question: Question, joint: boolean): number[] {
  const { distributions, trials, directions } = question
  if (trials.filter(isFinished).length < START_UP) return uniformly(question)
  const { below, above } = split(trials, directions)
  const kinds = distributions.map(([, distribution]) => distribution)
  const pointsOf = (some: readonly Trial[]): number[][] =>
    some
      .map(({ params }) => distributions.map(([name]) => params[name]))
      .filter((point): point is number[] => point.every((number) => number !== undefined))
  const good = parzen(kinds, pointsOf(below), joint)
  const others = parzen(kinds, pointsOf(above), joint)
  let best: number[] = []
  let most = Number.NEGATIVE_INFINITY
  for (let candidate = 0; candidate < CANDIDATES; candidate++) {
    const point = good.sample(question.draw)
    const gain = good.logDensity(point) - others.logDensity(point)
    if (gain > most || best.length === 0) [best, most] = [point, gain]
  }
  return best
}
