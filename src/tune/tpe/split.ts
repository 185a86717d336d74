import { crowding, ranksOf } from '../pareto.js'
import { hasDiverged } from '../sampler.js'
import { type Direction, isFinished, lastReport, losses, type Trial } from '../study.js'

/** The best trials and all others, each in the order of their numbers. */
export interface Halves {
  readonly below: readonly Trial[]
  readonly above: readonly Trial[]
}

/** How many of n finished trials count as good. */
export const goodOf = (n: number): number => Math.min(Math.ceil(0.1 * n), 25)

/**
 * Complete trials come by their value, then pruned ones, the furthest first. Running trials are among the others, so
 * that no two workers look at one place (the constant liar); so are those whose training blew up.
 */
export function split(trials: readonly Trial[], directions: readonly Direction[]): Halves {
  const complete = trials.filter(({ state }) => state === 'complete')
  const order = [
    ...(directions.length === 1 ? byValue(complete, directions) : byRank(complete, directions)),
    ...byReach(
      trials.filter(({ state }) => state === 'pruned'),
      directions,
    ),
  ]
  const below = new Set(order.slice(0, goodOf(order.length)))
  const counts = (trial: Trial): boolean => isFinished(trial) || trial.state === 'running' || hasDiverged(trial)
  return {
    below: trials.filter((trial) => below.has(trial)),
    above: trials.filter((trial) => counts(trial) && !below.has(trial)),
  }
}

const lossesOf = ({ values = [] }: Trial, directions: readonly Direction[]): number[] => losses(values, directions)

const byValue = (trials: readonly Trial[], directions: readonly Direction[]): Trial[] =>
  trials.toSorted((a, b) => lossesOf(a, directions)[0]! - lossesOf(b, directions)[0]!)

/** By the front that they lie on; on one front, those that stand alone come first. */
function byRank(trials: readonly Trial[], directions: readonly Direction[]): Trial[] {
  const points = trials.map((trial) => lossesOf(trial, directions))
  const ranks = ranksOf(points)
  const fronts = Array.from({ length: Math.max(-1, ...ranks) + 1 }, (_, rank) =>
    [...trials.keys()].filter((i) => ranks[i] === rank),
  )
  return fronts.flatMap((front) => {
    const alone = crowding(front.map((i) => points[i]!))
    const places = [...front.keys()].sort((a, b) => (alone[a] === alone[b] ? a - b : alone[b]! - alone[a]!))
    return places.map((place) => trials[front[place]!]!)
  })
}

function byReach(trials: readonly Trial[], directions: readonly Direction[]): Trial[] {
  const reach = (trial: Trial): readonly [number, number] => {
    const [epoch, value] = lastReport(trial) ?? [0, Number.POSITIVE_INFINITY]
    return [-epoch, directions[0] === 'maximize' ? -value : value]
  }
  return trials.toSorted((a, b) => {
    const [[epochA, lossA], [epochB, lossB]] = [reach(a), reach(b)]
    return epochA - epochB || lossA - lossB || 0
  })
}
