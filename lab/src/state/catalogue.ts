import type { GivenDataSet, Target, TaskInput } from '../../../src/data/index.js'
import type { Option } from '../../../src/options/kinds.js'
import type { Paper, Preset, Source } from '../../../src/rules/contract.js'

/** What the page knows of a rule. */
export interface RuleEntry {
  readonly id: string
  readonly short: readonly string[]
  readonly title: string
  readonly summary: string
  readonly paper?: Paper
  readonly source: Source
  readonly reconstructed: readonly string[]
  readonly targets: readonly Target['kind'][]
  readonly training: { readonly epochs: number; readonly batch: number }
  readonly presets: Readonly<Record<string, Preset>>
  readonly options: readonly Option[]
  /** False where it only generates. */
  readonly predicts: boolean
  /** By its certificate, as it is without options. */
  readonly local: boolean
}

/** What the page knows of a data set before it is there. */
export interface DataEntry {
  readonly name: string
  readonly title: string
  readonly input: TaskInput
  readonly target: Target
  readonly names: readonly string[]
  readonly counts: { readonly train: number; readonly test: number }
  /** It needs no file. */
  readonly embedded: boolean
}

/** The same of data that a page was given. */
export const entryOf = ({ name = '', input, target, names = [], train, test }: GivenDataSet): DataEntry => ({
  ...{ name, title: name, input, target, names: [...names] },
  counts: { train: train.count ?? 0, test: test.count ?? 0 },
  embedded: false,
})

export interface Catalogue {
  readonly rules: readonly RuleEntry[]
  /** The options of training itself. */
  readonly training: readonly Option[]
  readonly data: readonly DataEntry[]
}

export const ruleIn = ({ rules }: Catalogue, name: string): RuleEntry | undefined =>
  rules.find(({ id, short }) => id === name || short.includes(name))

/** An option's value under a preset, or else its default. */
export const startOf = (option: Option, preset: Preset | undefined): unknown =>
  preset?.hyper[option.name] ?? option.fallback

/** The most options that are shown before all are asked for. */
const FEW = 5

/**
 * The options that a newcomer turns first: those that presets change most, in the order of the table, what has an effect
 * only with others left out.
 */
export function firstOptions({ options, presets }: RuleEntry): readonly Option[] {
  const uses = (name: string): number => Object.values(presets).filter(({ hyper }) => name in hyper).length
  const free = options.filter(({ onlyWith }) => !onlyWith || Object.keys(onlyWith).length === 1)
  const known = new Set(
    [...free]
      .sort((a, b) => uses(b.name) - uses(a.name))
      .slice(0, FEW)
      .map(({ name }) => name),
  )
  return options.filter(({ name }) => known.has(name))
}
