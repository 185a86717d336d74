import { dataSets } from '../data/index.js'
import { isGroup, type Values } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { asked, filledIn } from '../train/options.js'
import type { RunConfig } from '../train/run-folder.node.js'

/** What says how a run went and not what it is: told elsewhere, or other numbers are the same run. */
const APART = ['seed', 'epochs', 'device', 'threads', 'cacheBytes', 'checkpointEvery']

type Config = Pick<RunConfig, 'rule' | 'data' | 'own' | 'preset' | 'hyper' | 'options'>

/** A run's settings by their names, those of groups with the group before them. */
export function flatValues(values: Values, group = ''): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]): [string, unknown][] =>
      isGroup(value) ? Object.entries(flatValues(value, `${group}${key}.`)) : [[group + key, value]],
    ),
  )
}

/**
 * The settings of each run that are its own: those other than its preset and the defaults of its rule have them on its
 * data. Of a rule or a preset that is not known here: those in which runs of the rule on the same data differ.
 */
export function ownSettings(
  runs: readonly Config[],
  ruleOf: (id: string) => AnyRule | undefined,
): Readonly<Record<string, unknown>>[] {
  const flat = runs.map(({ hyper, options }) => ({ ...flatValues(hyper), ...flatValues(options) }))
  return runs.map((run, i) => {
    const like = runs.flatMap((other, k) => (other.rule === run.rule && other.data === run.data ? [flat[k]!] : []))
    const base = baseOf(run, ruleOf(run.rule), samplesOf(run, runs))
    const isOwn = ([key, value]: [string, unknown]): boolean =>
      !APART.includes(key) && (base ? !same(base[key], value) : like.some((other) => !same(other[key], value)))
    return Object.fromEntries(Object.entries(flat[i]!).filter(isOwn))
  })
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The training samples that a run's data have; of data that a program handed in, the most that any of the runs took. */
const samplesOf = ({ data, own }: Config, runs: readonly Config[]): number =>
  own?.counts.train ??
  dataSets.find(({ name }) => name === data)?.counts.train ??
  Math.max(...runs.filter((other) => other.data === data).map(({ options }) => options.limit))

/** What the preset and the defaults say; undefined where the rule or its preset is not known here. */
function baseOf(
  { preset, options: { limit } }: Config,
  rule: AnyRule | undefined,
  samples: number,
): Readonly<Record<string, unknown>> | undefined {
  if (!rule) return undefined
  try {
    const { hyper, options } = asked(rule, { preset })
    // Of fewer samples fewer are held out, and a batch may be smaller: nobody has set that.
    const given = filledIn(rule, samples, { ...options, limit })
    return { ...flatValues(hyper), ...flatValues(given), limit: filledIn(rule, samples, options).limit }
  } catch {
    // A preset of another version.
    return undefined
  }
}
