import { isGroup, type Values, withValue } from '../../../src/options/values.js'
import { type Catalogue, ruleIn } from './catalogue.js'

/** What is trained: the same experiment gives the same numbers. It is all that the page's address says. */
export interface Experiment {
  readonly rule: string
  readonly preset?: string
  readonly data: string
  /** Options of the rule over those of the preset, by name. */
  readonly hyper: Values
  /** Options of training over the rule's own, by name. */
  readonly options: Values
  /** The rules that learn beside it, on the same data in the same order. */
  readonly race: readonly string[]
  /** The text of a rule of one's own that the editor shows, packed. It is not what the page trains. */
  readonly own?: string
  /** The story that is told, and which of its pages. */
  readonly story?: { readonly id: string; readonly page: number }
}

/** So many rules race another one. */
export const MOST_RIVALS = 3

/** Data of somebody's own: the name that addresses have for them, which is all of them that travels. */
export const OWN_DATA = 'own-pictures'

export const FIRST: Experiment = {
  rule: 'forward-forward',
  preset: 'quick',
  data: 'glyphs',
  hyper: {},
  options: {},
  race: [],
}

/** Another rule: what was set for the one before does not carry over, but for what the training is. */
export function withRule(experiment: Experiment, id: string, catalogue: Catalogue): Experiment {
  const { preset: _, ...rest } = experiment
  const rule = ruleIn(catalogue, id)
  const preset = rule && 'quick' in rule.presets ? { preset: 'quick' } : {}
  return { ...rest, ...preset, rule: id, hyper: {}, options: {}, race: experiment.race.filter((other) => other !== id) }
}

export function withPreset(experiment: Experiment, preset: string | undefined): Experiment {
  const { preset: _, ...rest } = experiment
  return { ...rest, ...(preset !== undefined && { preset }), hyper: {}, options: {} }
}

/** An option set, or back to where it starts, where the value is undefined. */
export function withOption(experiment: Experiment, of: 'hyper' | 'options', name: string, value: unknown): Experiment {
  const { [name]: _, ...others } = experiment[of]
  return { ...experiment, [of]: value === undefined ? others : { ...others, [name]: value } }
}

export const withRace = (experiment: Experiment, race: readonly string[]): Experiment => ({ ...experiment, race })

/** Options by dotted names as the groups that they are. */
export const grouped = (values: Values): Values =>
  Object.entries(values).reduce<Values>((all, [name, value]) => withValue(all, name, value), {})

/** Groups of options as options by dotted names. */
export const spread = (values: Values, before = ''): [string, unknown][] =>
  Object.entries(values).flatMap(([name, value]): [string, unknown][] =>
    isGroup(value) ? spread(value, `${before}${name}.`) : [[before + name, value]],
  )

/** Whether two experiments train the same network: stories and addresses may differ. */
export const trainsTheSame = (a: Experiment, b: Experiment): boolean => trainedBy(a) === trainedBy(b)

const trainedBy = ({ rule, preset, data, hyper, options }: Experiment): string =>
  JSON.stringify([rule, preset ?? '', data, sorted(hyper), sorted(options)])

const sorted = (values: Values): [string, unknown][] => Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
