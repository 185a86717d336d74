import type { DataSet } from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import type { AnyRule } from '../rules/contract.js'
import type { Choice, Params } from './distribution.js'
import { drawOf } from './draw.js'
import type { StudyFile } from './journal.node.js'
import { settingsOf, type TunePlan } from './plan.js'
import type { Pruner } from './pruners.js'
import { randomSampler } from './random.js'
import { beginTrial, fixedOf, paramsOfValues } from './record.js'
import { samplerOf } from './samplers.js'
import { nextTurn, type Trial, turnOf } from './study.js'
import { suggest } from './suggest.js'
import { fail } from './verdict.js'

/** A rule, its data, and what is searched of it. */
export interface Searched {
  readonly rule: AnyRule
  readonly data: DataSet
  readonly plan: TunePlan
}

/** A trial that runs from now on, or that has failed already. */
export interface Begun {
  readonly trial: number
  readonly params: Params
  /** Why no training can be made of what was enqueued. */
  readonly refusal?: string
}

/** Begins the trial that waits longest, or a new one; undefined where every setting has been tried. */
export function begin(searched: Searched, file: StudyFile, pruner: Pruner): Begun | undefined {
  const { plan } = searched
  const study = file.study()!
  const { trials, directions } = study
  const waited = trials.find(({ state }) => state === 'waiting')
  const turn = waited ? turnOf(waited) : nextTurn(trials)
  const bracket = pruner.bracketOf?.(study, turn)
  const fixed = waited && valuesOfWaiting(plan, waited)
  if (fixed instanceof UserError) return refused({}, fixed.message)
  const refusals = refusalsOf(searched)
  const params = suggest({
    ...{ sampler: samplerOf(plan.sampler), space: plan.space, base: plan.base, trials, directions },
    seen: pruner.bracketOf ? trials.filter((trial) => pruner.bracketOf!(study, turnOf(trial)) === bracket) : trials,
    ...(fixed && { fixed }),
    draw: drawOf(plan.base.options.seed as number, turn, 'tune'),
    isPossible: refusals.isPossible,
  })
  if (params) return { trial: beginTrial(file, plan.space, params, turn, waited), params }
  return fixed && refused(fixed, refusals.last())

  function refused(params: Params, refusal: string): Begun {
    const trial = beginTrial(file, plan.space, params, turn, waited)
    fail(file, trial, 'failure', refusal)
    return { trial, params, refusal }
  }
}

/** What was enqueued for a trial, or why the search cannot take it: others than Onward may have enqueued it. */
function valuesOfWaiting({ space }: TunePlan, waited: Trial): Params | UserError {
  try {
    return paramsOfValues(space, fixedOf(waited) ?? {})
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}

/**
 * Values that a person enqueues, as parameters. Throws a UsageError where the search does not reach one of them, or where rule or
 * training refuse them whatever the other options are.
 */
export function paramsOfEnqueued(searched: Searched, values: Readonly<Record<string, Choice>>): Params {
  const { space, base } = searched.plan
  const fixed = paramsOfValues(space, values)
  const refusals = refusalsOf(searched)
  const draw = drawOf(base.options.seed as number, 0, 'enqueue')
  const { isPossible } = refusals
  if (suggest({ sampler: randomSampler, space, base, trials: [], directions: [], fixed, draw, isPossible }))
    return fixed
  const said = Object.entries(values).map(([key, value]) => `${key}=${value}`)
  throw new UsageError(
    `${said.join(',')} is enqueued, and no training can be made of it: ${refusals.last()}. Enqueue other values.`,
  )
}

/** Whether a training can be made of parameters, and what was said of the last ones of which none can. */
function refusalsOf({ rule, data, plan }: Searched) {
  let last = ''
  return {
    isPossible(params: Params): boolean {
      try {
        settingsOf(rule, data, plan, params)
        return true
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        last = error.message
        return false
      }
    },
    last: () => last,
  }
}
