import { readFileSync } from 'node:fs'
import type { OwnOptions } from '../../data/own/content.js'
import { UsageError } from '../../errors.js'
import { textOf } from '../../files.node.js'
import { unknownName } from '../../names.js'
import { isGroup, merge, optionTable, type Values, withValue } from '../../options/index.js'
import type { AnyRule } from '../../rules/contract.js'
import { findRule } from '../../rules/load.node.js'
import type { LogFormat } from '../../train/log-formats.js'
import { asked, type TrainInput, trainingOptions } from '../../train/options.js'
import { readLogs } from '../logs.js'
import { configuredOwn, OWN_KEYS, type OwnFlags } from '../own-data.js'
import { needsItsRule, typedWith } from '../run.js'
import { readAssignments, readTexts } from '../settings.js'
import { named, toType } from '../to-type.js'
import { flagOf, readTrainingFlags } from './flags.js'

/** The flags of `onward train`, as they were given; those of the training table are among them. */
export interface TrainFlags extends Values, OwnFlags {
  readonly data?: string
  readonly dataDir?: string
  readonly preset?: string
  readonly config?: string
  readonly set?: readonly string[]
  readonly out?: string
  readonly resume?: string
  readonly changedRule?: true
  readonly below?: string
  readonly from?: string
  readonly log?: readonly LogFormat[]
  readonly json?: true
}

/** What is to be trained: the wishes of the flags and of the configuration file, as the library takes them. */
export interface TrainRequest extends TrainInput {
  readonly rule: AnyRule
  readonly data: string
  readonly dataDir?: string | undefined
  /** How one's own data are to be understood. */
  readonly own: OwnOptions
  readonly out?: string | undefined
  readonly below?: string | undefined
  readonly from?: string | undefined
  readonly log?: readonly LogFormat[] | undefined
}

/** Settings of a configuration file that are text, and have a flag or an argument each. */
const TEXTS = ['rule', 'data', 'dataDir', 'preset', 'out', 'below', 'from'] as const

/** The groups of options in it: `set` as on the command line; `hyper` and `options`, complete, as a run keeps them. */
const GROUPS = ['set', 'hyper', 'options'] as const

/** What else a run keeps. Its threads are those of its machine, and its fingerprint is that of its data. */
const KEPT = ['ruleFile', 'own', 'fingerprint', 'mostThreads', 'log'] as const

type Key = (typeof TEXTS)[number] | (typeof GROUPS)[number] | (typeof KEPT)[number] | (typeof OWN_KEYS)[number]
type Config = { readonly [K in Key | 'training']?: unknown }

const TRAINING = optionTable(trainingOptions)

/** Throws a UsageError that names the first flag, key or value that is wrong, and the nearest right one. */
export async function readRequest(ruleName: string | undefined, flags: TrainFlags): Promise<TrainRequest> {
  const file = flags.config ?? ''
  const config: Config = flags.config === undefined ? {} : readConfig(file)
  const given: Values = { ...flags, rule: ruleName }
  const text = (key: (typeof TEXTS)[number]): string | undefined => {
    const value = given[key] ?? config[key]
    if (value === undefined || typeof value === 'string') return value
    throw new UsageError(`"${key}" in ${file} must be text, not ${JSON.stringify(value)}.`)
  }
  const { path: ownFile } = (config.ruleFile ?? {}) as { path?: string }
  if (ownFile !== undefined && ruleName === undefined) throw needsItsRule(file, ownFile, typedWith(ownFile))
  const name = text('rule')
  if (name === undefined) {
    const example = toType('train', 'RULE', '--data', 'NAME')
    throw new UsageError(`Say which rule to train by: ${example}; ${named('rules')} lists the rules.`)
  }
  const rule = await findRule(name)
  const group = (key: (typeof GROUPS)[number]): Values => {
    const value = config[key] ?? {}
    const of = key === 'options' ? 'training options' : `options of ${rule.id}`
    if (!isGroup(value))
      throw new UsageError(`"${key}" in ${file} must be an object of ${of}, not ${JSON.stringify(value)}.`)
    return readTexts(key === 'options' ? TRAINING : optionTable(rule.hyper), value, file)
  }
  const wishes: TrainInput = {
    preset: text('preset'),
    settings: { hyper: group('hyper'), options: group('options') },
    hyper: { ...group('set'), ...readAssignments(rule, flags.set) },
    options: merge(readTexts(TRAINING, (config.training ?? {}) as Values, file), readTrainingFlags(flags)),
  }
  asked(rule, wishes)
  const own = configuredOwn(config, flags, file)
  const data = flags.data ?? own.path ?? text('data')
  if (data === undefined) {
    const example = toType('train', name, '--data', 'glyphs')
    throw new UsageError(`Say what to learn: ${example}, which needs no file; ${named('data')} lists more.`)
  }
  const [dataDir, out, below, from] = [text('dataDir'), text('out'), text('below'), text('from')]
  const log = flags.log ?? (config.log === undefined ? undefined : readLogs(String(config.log)))
  return { rule, ...wishes, data, dataDir, own: own.options, out, below, from, log }
}

/** Flags may be named as they are typed, `augment-shift`, or as in the file of a run, `augment: { shift }`. */
function readConfig(path: string): Config {
  const training = TRAINING.map(({ name }) => name)
  const own: string[] = [...TEXTS, ...GROUPS, ...OWN_KEYS, ...KEPT]
  const known = new Map([...own, ...training].map((key) => [flagOf(key).slice(2), key]))
  let config: Values = {}
  for (const [name, value] of Object.entries(readObject(path))) {
    const key = known.get(name) ?? name
    if (own.includes(key)) config = { ...config, [key]: value }
    else if (training.some((one) => one === key || one.startsWith(`${key}.`)))
      config = merge(config, withValue({}, `training.${key}`, value))
    else throw unknownName(`setting of a run (in ${path})`, name, [...new Set([...own, ...known.keys()])])
  }
  return config
}

function readObject(path: string): Values {
  let content: unknown
  try {
    content = JSON.parse(textOf(readFileSync(path)))
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const what = code === undefined ? `is not JSON: ${message}` : `cannot be read (${code})`
    throw new UsageError(`The configuration ${path} ${what}.`, { cause })
  }
  if (isGroup(content)) return content
  throw new UsageError(
    `The configuration ${path} must be an object such as {"data": "mnist", "epochs": 10, "set": {"rate": 0.01}}.`,
  )
}
