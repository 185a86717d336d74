import { UsageError } from '../errors.js'
import {
  isInEffect,
  type Kind,
  merge,
  type Option,
  optionTable,
  parseValue,
  unknownOption,
  type Values,
  valueAt,
  withValue,
} from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { trainingOptions } from '../train/options.js'
import { type Choice, choiceOf, type Distribution, numberOf, type Params } from './distribution.js'
import { distributionOf, readRange } from './range.js'

/** Settings in the two tables that a training has: that of its rule and that of training itself. */
export interface Tables {
  readonly hyper: Values
  readonly options: Values
}

/** An option that is searched. */
export interface Dimension {
  /** Dotted where the option is in a group: `augment.shift`. */
  readonly name: string
  readonly table: keyof Tables
  readonly kind: Kind
  readonly distribution: Distribution
  /** It is asked for only where each of these options has one of these values. */
  readonly onlyWith?: Option['onlyWith']
}

/**
 * What is searched: the options whose table says where, but for those that are `fixed`, and those of `ranges`,
 * `KEY=RANGE`, which come before what the table says. An option comes after those that its effect depends on. Throws a
 * UsageError about a key or a range that is wrong.
 */
export function spaceOf(rule: AnyRule, fixed: Tables, ranges: readonly string[]): Dimension[] {
  const known = [
    ...optionTable(rule.hyper).map((option) => ({ option, table: 'hyper' as const })),
    ...optionTable(trainingOptions).map((option) => ({ option, table: 'options' as const })),
  ]
  const given = new Map<Option, Distribution>()
  for (const range of ranges) {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(range) ?? []
    if (key === undefined || text === undefined)
      throw new UsageError(`--space takes KEY=RANGE such as rate=1e-4..1e-1:log or units=64,128, not "${range}".`)
    const found = known.find(({ option }) => option.name === key)
    if (!found)
      throw unknownOption(
        `${rule.id} or of training`,
        key,
        known.map(({ option }) => option),
      )
    if (valueAt(fixed[found.table], key) !== undefined)
      throw new UsageError(`${key} is set to one value and searched by --space ${range}: leave one of the two out.`)
    given.set(found.option, readRange(key, found.option.kind, text))
  }
  const dimensions = known.flatMap(({ option, table }): Dimension[] => {
    const { name, kind, search, onlyWith } = option
    const isFixed = valueAt(fixed[table], name) !== undefined
    const distribution = given.get(option) ?? (search && !isFixed ? distributionOf(kind, search) : undefined)
    return distribution ? [{ name, table, kind, distribution, ...(onlyWith && { onlyWith }) }] : []
  })
  if (dimensions.length === 0)
    throw new UsageError(`nothing is left to search of ${rule.id}: say what, as in --space rate=1e-4..1e-1:log.`)
  return inOrder(dimensions)
}

/** Conditions before what depends on them. */
function inOrder(dimensions: readonly Dimension[]): Dimension[] {
  const sorted: Dimension[] = []
  let left = [...dimensions]
  while (left.length > 0) {
    const waits = ({ onlyWith = {} }: Dimension): boolean =>
      Object.keys(onlyWith).some((other) => left.some(({ name }) => name === other))
    const ready = left.filter((dimension) => !waits(dimension))
    if (ready.length === 0) throw new UsageError(`these options depend on each other: ${left.map(({ name }) => name)}`)
    sorted.push(...ready)
    left = left.filter((dimension) => !ready.includes(dimension))
  }
  return sorted
}

/** Whether a parameter has an effect with these settings, complete with all defaults. */
export const hasEffect = (dimension: Dimension, settings: Tables): boolean =>
  isInEffect(dimension, settings[dimension.table])

/** The settings with the parameters put in. */
export function withParams(settings: Tables, space: readonly Dimension[], params: Params): Tables {
  let { hyper, options } = settings
  for (const dimension of space) {
    const number = params[dimension.name]
    if (number === undefined) continue
    const value = optionValue(dimension, number)
    if (dimension.table === 'hyper') hyper = withValue(hyper, dimension.name, value)
    else options = withValue(options, dimension.name, value)
  }
  return { hyper: merge(hyper), options: merge(options) }
}

/** What an option is set to by a number of `Params`: a single number of a list is that list. */
export function optionValue({ name, kind, distribution }: Dimension, number: number): unknown {
  const value = choiceOf(distribution, number)
  if (typeof value === 'string') return parseValue(kind, value, name)
  return kind.type === 'list' ? [value] : value
}

/** The number that stands for what an option is set to; undefined where its distribution does not hold that. */
export function numberOfOption(dimension: Dimension, value: unknown): number | undefined {
  const { distribution, kind } = dimension
  if (distribution.kind !== 'choice')
    return numberOf(distribution, kind.type === 'list' && Array.isArray(value) && value.length === 1 ? value[0] : value)
  const place = distribution.choices.findIndex(
    (_, number) => JSON.stringify(optionValue(dimension, number)) === JSON.stringify(value),
  )
  return place < 0 ? undefined : place
}

/** Parameters for people and for Optuna, each as its value. */
export const valuesOf = (
  params: Params,
  distributions: Readonly<Record<string, Distribution>>,
): Readonly<Record<string, Choice>> =>
  Object.fromEntries(Object.entries(params).map(([name, number]) => [name, choiceOf(distributions[name]!, number)]))
