import { readFileSync } from 'node:fs'
import { UsageError } from '../../errors.js'
import { unknownName } from '../../names.js'
import { isGroup, keysOf, merge, optionTable, type Values, withValue } from '../../options/index.js'
import type { AnyRule } from '../../rules/contract.js'
import { findRule } from '../../rules/load.node.js'
import { asked, type TrainInput, trainingOptions } from '../../train/options.js'
import { needsItsRule } from '../run.js'
import { readAssignments, readTexts } from '../settings.js'
import { startedAs } from '../started-as.js'
import { flagOf, readTrainingFlags } from './flags.js'

/** The flags of `onward train`, as they were given; those of the training table are among them. */
export interface TrainFlags extends Values {
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
  readonly json?: true
}

/** What is to be trained: the wishes of the flags and of the configuration file, as the library takes them. */
export interface TrainRequest extends TrainInput {
  readonly rule: AnyRule
  readonly data: string
  readonly dataDir?: string | undefined
  readonly out?: string | undefined
  readonly below?: string | undefined
  readonly from?: string | undefined
}

/** Settings of a configuration file that are text, and have a flag or an argument each. */
const TEXTS = ['rule', 'data', 'dataDir', 'preset', 'out', 'below', 'from'] as const

/** The groups of options in it: `set` as on the command line; `hyper` and `options`, complete, as a run keeps them. */
const GROUPS = ['set', 'hyper', 'options'] as const

type Config = { readonly [K in (typeof TEXTS)[number] | (typeof GROUPS)[number] | 'training' | 'ruleFile']?: unknown }

const TRAINING = optionTable(trainingOptions)

/** Throws a UsageError that names the first flag, key or value that is wrong, and the nearest right one. */
export async function readRequest(ruleName: string | undefined, flags: TrainFlags): Promise<TrainRequest> {
  const file = flags.config ?? ''
  const config: Config = flags.config === undefined ? {} : readConfig(file)
  const text = (key: (typeof TEXTS)[number], given: string | undefined): string | undefined => {
    const value = given ?? config[key]
    if (value === undefined || typeof value === 'string') return value
    throw new UsageError(`"${key}" in ${file} must be text, not ${JSON.stringify(value)}.`)
  }
  const { path: ownFile } = (config.ruleFile ?? {}) as { path?: string }
  if (ownFile !== undefined && ruleName === undefined)
    throw needsItsRule(file, ownFile, ['train', ownFile, ...process.argv.slice(3)])
  const name = text('rule', ruleName)
  if (name === undefined)
    throw new UsageError(
      `Say which rule to train by: ${startedAs()} train RULE --data NAME; \`${startedAs()} rules\` lists them.`,
    )
  const rule = await findRule(name)
  const group = (key: (typeof GROUPS)[number]): Values => {
    const value = config[key] ?? {}
    const of = key === 'options' ? 'training options' : `options of ${rule.id}`
    if (!isGroup(value))
      throw new UsageError(`"${key}" in ${file} must be an object of ${of}, not ${JSON.stringify(value)}.`)
    return readTexts(key === 'options' ? TRAINING : optionTable(rule.hyper), value, file)
  }
  const wishes: TrainInput = {
    preset: text('preset', flags.preset),
    settings: { hyper: group('hyper'), options: group('options') },
    hyper: { ...group('set'), ...readAssignments(rule, flags.set) },
    options: merge(readTexts(TRAINING, (config.training ?? {}) as Values, file), readTrainingFlags(flags)),
  }
  asked(rule, wishes)
  const data = text('data', flags.data)
  if (data === undefined)
    throw new UsageError(
      `Say what to learn: ${startedAs()} train ${name} --data glyphs, which needs no file; \`${startedAs()} data\` lists more.`,
    )
  const [dataDir, out] = [text('dataDir', flags.dataDir), text('out', flags.out)]
  return { rule, ...wishes, data, dataDir, out, below: text('below', flags.below), from: text('from', flags.from) }
}

/** Flags may be named as they are typed, `augment-shift`, or as in the file of a run, `augment: { shift }`. */
function readConfig(path: string): Config {
  const training = keysOf(TRAINING)
  // The threads of a run are those of its machine; a new run has its own.
  const own = [...TEXTS, ...GROUPS, 'ruleFile', 'mostThreads']
  const known = new Map([...own, ...training].map((key) => [flagOf(key).slice(2), key]))
  const groups = new Set(training.map((key) => key.split('.')[0]!))
  let config: Values = {}
  for (const [name, value] of Object.entries(readObject(path))) {
    const key = known.get(name) ?? name
    if (own.includes(key)) config = { ...config, [key]: value }
    else if (training.includes(key) || groups.has(key)) config = merge(config, withValue({}, `training.${key}`, value))
    else
      throw unknownName(
        `setting of a run (in ${path})`,
        name,
        [...own, ...known.keys()].filter((one, i, all) => all.indexOf(one) === i),
      )
  }
  return config
}

function readObject(path: string): Values {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`The configuration ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, {
      cause,
    })
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw new UsageError(`The configuration ${path} is not JSON: ${(cause as Error).message}.`, { cause })
  }
  if (isGroup(content)) return content
  throw new UsageError(
    `The configuration ${path} must be an object such as {"data": "mnist", "epochs": 10, "set": {"rate": 0.01}}.`,
  )
}
