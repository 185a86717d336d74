import { readFileSync } from 'node:fs'
import { UserError } from '../../errors.js'
import type { AnyRule } from '../../rules/contract.js'
import { findRule } from '../../rules/registry.js'
import { trainingOptions } from '../../train/options.js'
import { checkValues, unknownKey } from '../options/check.js'
import { optionTable } from '../options/table.js'
import { keysOf } from '../options/values.js'
import { checkHyper, findPreset, readAssignments } from '../settings.js'
import { startedAs } from '../started-as.js'
import { flagOf, readTrainingFlags } from './flags.js'

type Values = Readonly<Record<string, unknown>>

/** The flags of `onward train`, as they were given; those of the training table are among them. */
export interface TrainFlags extends Values {
  readonly data?: string
  readonly dataDir?: string
  readonly preset?: string
  readonly config?: string
  readonly set?: readonly string[]
  readonly out?: string
  readonly resume?: string
  readonly below?: string
  readonly json?: true
}

/** What is to be trained, read from the flags, the configuration file and the preset, each over the one after it. */
export interface TrainRequest {
  readonly rule: AnyRule
  readonly data: string
  readonly dataDir?: string
  readonly preset?: string
  readonly hyper: Values
  readonly options: Values
  readonly out?: string
  readonly below?: string
}

/** Keys of a configuration file besides the training options; a run keeps its own as `hyper` and `options`. */
const CONFIG_KEYS = ['rule', 'data', 'dataDir', 'preset', 'out', 'below', 'set', 'hyper', 'options'] as const

type Config = { readonly [K in (typeof CONFIG_KEYS)[number]]?: unknown }

/** Throws a UserError (wrong usage) that names the first flag, key or value that is wrong, and the nearest right one. */
export function readRequest(ruleId: string | undefined, flags: TrainFlags): TrainRequest {
  const config: Config = flags.config === undefined ? {} : readConfig(flags.config)
  const text = (
    key: 'rule' | 'data' | 'dataDir' | 'preset' | 'out' | 'below',
    given: string | undefined,
  ): string | undefined => {
    const value = given ?? config[key]
    if (value === undefined || typeof value === 'string') return value
    throw usage(`"${key}" in ${flags.config} must be text, not ${JSON.stringify(value)}.`)
  }
  const id = text('rule', ruleId)
  if (id === undefined)
    throw usage(
      `Say which rule to train by: ${startedAs()} train RULE --data NAME; \`${startedAs()} rules\` lists them.`,
    )
  const rule = findRule(id)
  const data = text('data', flags.data)
  if (data === undefined)
    throw usage(
      `Say what to learn: ${startedAs()} train ${id} --data glyphs, which needs no file; \`${startedAs()} data\` lists more.`,
    )
  const dataDir = text('dataDir', flags.dataDir)
  const preset = text('preset', flags.preset)
  const out = text('out', flags.out)
  const below = text('below', flags.below)
  const group = (key: 'set' | 'hyper' | 'options'): Values => {
    const value = config[key] ?? {}
    if (isGroup(value)) return value
    const of = key === 'options' ? 'training options' : `options of ${rule.id}`
    throw usage(`"${key}" in ${flags.config} must be an object of ${of}, not ${JSON.stringify(value)}.`)
  }
  const hyper = { ...group('hyper'), ...group('set'), ...readAssignments(rule, flags.set) }
  const options = merge(group('options'), readTrainingFlags(flags))
  const base = findPreset(rule, preset)
  checkHyper(rule, { ...base?.hyper, ...hyper })
  checkValues(trainingOptions, merge(base?.train ?? {}, options), flagOf)
  return {
    rule,
    data,
    ...(dataDir !== undefined && { dataDir }),
    ...(preset !== undefined && { preset }),
    hyper,
    options,
    ...(out !== undefined && { out }),
    ...(below !== undefined && { below }),
  }
}

const isGroup = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Options over options; groups are merged key by key. */
function merge(below: Values, above: Values): Values {
  const both = Object.entries(above).map(([key, value]) => {
    const under = below[key]
    return [key, isGroup(value) && isGroup(under) ? merge(under, value) : value] as const
  })
  return { ...below, ...Object.fromEntries(both) }
}

const usage = (message: string): UserError => new UserError(message, { exitCode: 2 })

function readConfig(path: string): Config {
  const content = readObject(path)
  const training = keysOf(optionTable(trainingOptions)).map((key) => key.split('.')[0]!)
  const known = [...CONFIG_KEYS, ...new Set(training)]
  const unknown = Object.keys(content).find((key) => !known.includes(key))
  if (unknown !== undefined) throw unknownKey(unknown, known, `setting of a run (in ${path})`)
  const entries = Object.entries(content)
  const options = Object.fromEntries(entries.filter(([key]) => training.includes(key)))
  const others = Object.fromEntries(entries.filter(([key]) => !training.includes(key)))
  return isGroup(others.options ?? {}) ? { ...others, options: { ...(others.options as Values), ...options } } : others
}

function readObject(path: string): Values {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UserError(`The configuration ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, {
      exitCode: 2,
      cause,
    })
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw new UserError(`The configuration ${path} is not JSON: ${(cause as Error).message}.`, { exitCode: 2, cause })
  }
  if (isGroup(content)) return content
  throw usage(
    `The configuration ${path} must be an object such as {"data": "mnist", "epochs": 10, "set": {"rate": 0.01}}.`,
  )
}
