import type { DataSet } from '../data/index.js'
import { UsageError } from '../errors.js'
import { merge, type Values, valueAt } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { kindOf } from '../targets/index.js'
import { criterionOf } from '../train/judge.js'
import { asked, fit, presetOf, type Settings, type TrainInput } from '../train/options.js'
import { numbersOf, type Params } from './distribution.js'
import { type Objective, readObjective } from './objective.js'
import { PRUNERS, type PrunerName } from './pruners.js'
import { SAMPLERS, type SamplerName } from './samplers.js'
import { type Dimension, hasEffect, numberOfOption, optionValue, spaceOf, type Tables, withParams } from './space.js'

/** What a study searches, complete: with the same plan and seed, one worker tries the same settings. */
export interface TunePlan {
  /** Under the parameters: what a person set, and all defaults. */
  readonly base: Tables
  readonly space: readonly Dimension[]
  readonly objectives: readonly Objective[]
  readonly sampler: SamplerName
  readonly pruner: PrunerName
}

/** What a person may say of a plan. */
export interface PlanWishes extends TrainInput {
  readonly sampler?: SamplerName | undefined
  readonly pruner?: PrunerName | undefined
  /** `KEY`, `KEY:min` or `KEY:max` each; none: what a run of the rule is judged by. */
  readonly objectives?: readonly string[] | undefined
  /** Features by which samples are judged, for objectives that ask for it; default: `pixels`. */
  readonly features?: string | undefined
  /** `KEY=RANGE` each. */
  readonly ranges?: readonly string[] | undefined
}

/** Throws a UsageError about the first thing that is wrong, before anything is trained. */
export function planOf(rule: AnyRule, data: DataSet, wishes: PlanWishes): TunePlan {
  const { sampler = 'tpe', objectives: texts = [], ranges = [] } = wishes
  const complete = asked(rule, wishes)
  fit(rule, data, complete)
  const { hyper = {}, options = {}, settings } = wishes
  const space = spaceOf(rule, { hyper, options: options as Values }, ranges)
  // What was typed is fixed; what has an effect with it is found out anew for each trial.
  const preset = presetOf(rule, wishes.preset)
  const base: Tables = {
    hyper: complete.hyper,
    options: merge(preset?.train, settings?.options, options as Values, { seed: complete.options.seed }),
  }
  for (const dimension of space) checkRange(rule, base, dimension)
  const merit = kindOf(data.target)?.merit
  const criterion = criterionOf({ rule, hyper: base.hyper, merit, blocks: [], patience: 0 })
  const objectives = [...new Set(texts)].map((text) => readObjective(text, criterion))
  const { figure, better } = criterion
  if (objectives.length === 0)
    objectives.push({ key: figure, direction: better === 'larger' ? 'maximize' : 'minimize' })
  const pruner = wishes.pruner ?? (objectives.length === 1 ? 'median' : 'none')
  if (objectives.length > 1 && pruner !== 'none')
    throw new UsageError('with several objectives no trial is pruned, since none of them decides alone: --pruner none.')
  if (!SAMPLERS.includes(sampler))
    throw new UsageError(`--sampler takes one of ${SAMPLERS.join(', ')}, not "${sampler}".`)
  if (!PRUNERS.includes(pruner)) throw new UsageError(`--pruner takes one of ${PRUNERS.join(', ')}, not "${pruner}".`)
  const validation = complete.options.validation ?? 1
  if (validation === 0)
    throw new UsageError('settings are chosen by held-out samples, and none are held out: leave --validation out.')
  return { base, space, objectives, sampler, pruner }
}

/** Throws the rule's own UsageError where it does not take an end or a choice of a range. */
function checkRange(rule: AnyRule, base: Tables, dimension: Dimension): void {
  const { distribution, name } = dimension
  const numbers = distribution.kind === 'choice' ? numbersOf(distribution) : [distribution.low, distribution.high]
  for (const number of numbers) {
    const tables = withParams(base, [dimension], { [name]: number })
    try {
      asked(rule, { settings: tables })
    } catch (error) {
      // What only a combination forbids is left to the search.
      if (!(error instanceof UsageError) || !error.message.startsWith(`the option ${name} of`)) continue
      throw new UsageError(
        `--space ${name} reaches ${JSON.stringify(optionValue(dimension, number))}: ${error.message}`,
      )
    }
  }
}

/** The complete settings of a trial. Throws a UsageError where rule or training refuse them. */
export const settingsOf = (rule: AnyRule, data: DataSet, { base, space }: TunePlan, params: Params): Settings =>
  fit(rule, data, asked(rule, { settings: withParams(base, space, params) }))

/** The parameters that complete settings have; undefined where one lies outside of its range. */
export function paramsOfSettings(space: readonly Dimension[], settings: Tables): Params | undefined {
  const params: Record<string, number> = {}
  for (const dimension of space) {
    if (!hasEffect(dimension, settings)) continue
    const number = numberOfOption(dimension, valueAt(settings[dimension.table], dimension.name))
    if (number === undefined) return undefined
    params[dimension.name] = number
  }
  return params
}
