import { isGroup, type Values } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { asked } from '../train/options.js'
import type { RunConfig } from '../train/run-folder.node.js'

/** What says how a run went and not what it is: told elsewhere, or other numbers are the same run. */
const APART = ['seed', 'epochs', 'device', 'threads', 'cacheBytes', 'checkpointEvery']
/** Their defaults depend on the data. */
const BY_DATA = ['validation', 'limit']

type Config = Pick<RunConfig, 'rule' | 'data' | 'preset' | 'hyper' | 'options'>

/** A run's settings by their names, those of groups with the group before them. */
export function flatValues(values: Values, group = ''): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): [string, unknown][] =>
      isGroup(value) ? Object.entries(flatValues(value, `${group}${key}.`)) : [[group + key, value]],
    ),
  )
}

/**
 * The settings of each run that are its own: those other than its preset and the defaults of its rule have them, and, of
 * what has no such default, those in which runs of one rule on the same data differ.
 */
export function ownSettings(
  runs: readonly Config[],
  ruleOf: (id: string) => AnyRule | undefined,
): Readonly<Record<string, unknown>>[] {
  const flat = runs.map(({ hyper, options }) => ({ ...flatValues(hyper), ...flatValues(options) }))
  const bases = runs.map((run) => baseOf(run, ruleOf(run.rule)))
  return runs.map((run, i) => {
    const like = runs.flatMap((other, k) => (other.rule === run.rule && other.data === run.data ? [flat[k]!] : []))
    const varies = (key: string): boolean => like.some((other) => !same(other[key], flat[i]![key]))
    const base = bases[i]
    const isOwn = ([key, value]: [string, unknown]): boolean => {
      if (APART.includes(key)) return false
      return base && !BY_DATA.includes(key) ? !same(base[key], value) : varies(key)
    }
    return Object.fromEntries(Object.entries(flat[i]!).filter(isOwn))
  })
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** What the preset and defaults say; undefined where the rule or its preset is not known here. */
function baseOf({ preset }: Config, rule: AnyRule | undefined): Readonly<Record<string, unknown>> | undefined {
  if (!rule) return undefined
  try {
    const { hyper, options } = asked(rule, { preset })
    return { ...flatValues(hyper), batch: rule.training.batch, ...defined(flatValues(options)) }
  } catch {
    // A preset of another version.
    return undefined
  }
}

const defined = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
