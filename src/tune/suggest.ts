import type { Params } from './distribution.js'
import type { Draw } from './draw.js'
import { uniformly } from './random.js'
import { hasDiverged, type Question, type Sampler } from './sampler.js'
import { type Dimension, hasEffect, type Tables, withParams } from './space.js'
import { type Direction, isFinished, type Trial } from './study.js'

/** What a suggestion is made from. */
export interface Asked {
  readonly sampler: Sampler
  readonly space: readonly Dimension[]
  /** The settings under the parameters, complete with all defaults. */
  readonly base: Tables
  /** All of the study: no point is given twice. */
  readonly trials: readonly Trial[]
  /** Those that the sampler learns from. Default: all. */
  readonly seen?: readonly Trial[]
  /** Parameters that are given already. */
  readonly fixed?: Params
  readonly directions: readonly Direction[]
  readonly draw: Draw
  /** Whether a training can be made of these parameters: rules refuse some combinations. */
  readonly isPossible: (params: Params) => boolean
}

/** So often a sampler is asked again for a point that is there already, or impossible; then points are drawn at random. */
const TRIES = 20
const RANDOM_TRIES = 2000
/** Fewer where values are given: no point is taken there, and what is impossible is so because of these values as a rule. */
const RANDOM_TRIES_GIVEN = 200

/**
 * Parameters for the next trial, none that another trial has or had, unless some are given. Undefined where no other were found: the space is
 * used up, or what is given is possible with none of it.
 */
export function suggest(asked: Asked): Params | undefined {
  const taken = new Set(asked.trials.filter(counts).map(({ params }) => keyOf(params)))
  const tries = TRIES + (asked.fixed ? RANDOM_TRIES_GIVEN : RANDOM_TRIES)
  for (let attempt = 0; attempt < tries; attempt++) {
    const sampler = attempt < TRIES ? asked.sampler : { joint: uniformly, alone: uniformly }
    const params = once(asked, sampler)
    if ((asked.fixed || !taken.has(keyOf(params))) && asked.isPossible(params)) return params
  }
  return undefined
}

const counts = (trial: Trial): boolean => trial.state !== 'failed' || hasDiverged(trial)

const keyOf = (params: Params): string => JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Parameters that every finished trial has are drawn together, then each other one, where it has an effect. */
function once({ space, base, trials, seen = trials, fixed = {}, directions, draw }: Asked, sampler: Sampler): Params {
  const finished = seen.filter(isFinished)
  const isShared = ({ name, onlyWith }: Dimension): boolean =>
    finished.length > 0 ? finished.every(({ params }) => params[name] !== undefined) : onlyWith === undefined
  const question = (some: readonly Dimension[]): Question => ({
    distributions: some.map(({ name, distribution }) => [name, distribution]),
    ...{ trials: seen, directions, draw },
  })
  const shared = space.filter(isShared)
  const numbers = shared.length > 0 ? sampler.joint(question(shared)) : []
  const together = Object.fromEntries(shared.map(({ name }, i) => [name, numbers[i]!]))
  const params: Record<string, number> = {}
  for (const dimension of space) {
    if (!hasEffect(dimension, withParams(base, space, params))) continue
    const { name } = dimension
    params[name] = fixed[name] ?? together[name] ?? sampler.alone(question([dimension]))[0]!
  }
  return params
}
