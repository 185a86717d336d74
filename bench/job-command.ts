import { Option as Flag } from 'commander'
import { flagOf, readTrainingFlags } from '../src/cli/train/flags.js'
import { findDataSet } from '../src/data/index.js'
import { UsageError } from '../src/errors.js'
import { checkOptions, merge, optionTable } from '../src/options/index.js'
import { ruleById } from '../src/rules/registry.js'
import { filledIn, trainingOptions } from '../src/train/options.js'
import type { JobSettings, TrainingJob } from './job.js'
import { changedSince, settingsOf } from './job-settings.js'
import type { Record } from './records.js'

export const TRAIN = ['train']

export const commandOf = ({ arguments: given, by = TRAIN }: Pick<TrainingJob, 'arguments' | 'by'>): string =>
  `onward ${[...by, ...given].join(' ')} --seed S`

/** What a command says, in whatever order. */
interface Words {
  /** The command itself, and the rule last. */
  readonly names: readonly string[]
  readonly flags: ReadonlyMap<string, readonly string[]>
}

function wordsOf(command: string): Words {
  const words = command.split(' ').slice(1)
  const isFlag = (word: string | undefined): boolean => word?.startsWith('--') ?? false
  const flags = new Map<string, string[]>()
  for (const [i, word] of words.entries())
    if (isFlag(word)) {
      const next = words[i + 1]
      const value = next === undefined || isFlag(next) ? 'true' : next
      flags.set(word, [...(flags.get(word) ?? []), value])
    }
  return { names: words.filter((word, i) => !isFlag(word) && !isFlag(words[i - 1])), flags }
}

/** What the rule's options and its preset stand for today; undefined where they are refused today. */
function readToday({ names, flags }: Words): JobSettings | undefined {
  const own = ['--preset', '--set'].flatMap((flag) => (flags.get(flag) ?? []).flatMap((value) => [flag, value]))
  return unlessRefused(() => settingsOf({ arguments: [names.at(-1)!, ...own] }))
}

function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

const OPTIONS: ReadonlySet<string> = new Set(optionTable(trainingOptions).map(({ name }) => flagOf(name)))

/** Told by the settings; of the seed there are several, and threads change last bits alone. */
const APART = ['--preset', '--set', '--seed', '--threads']

/** The options of the training with defaults, and the flags that are no such options. */
function trainingOf({ names, flags }: Words, { train }: JobSettings): { readonly [option: string]: unknown } {
  const said = [...flags].filter(([flag]) => !APART.includes(flag))
  const given = Object.fromEntries(said.map(([flag, values]) => [new Flag(flag).attributeName(), values.at(-1)]))
  const options = checkOptions(trainingOptions, merge(train, readTrainingFlags(given)), 'training')
  const { counts } = findDataSet(flags.get('--data')?.at(-1) ?? '')
  const others = said.filter(([flag]) => !OPTIONS.has(flag))
  return {
    ...Object.fromEntries(others.map(([flag, values]) => [flag.slice(2), values.join(' ')])),
    ...filledIn(ruleById(names.at(-1)!), counts.train, options),
  }
}

/**
 * What a record's command or its settings make otherwise than the job of today, in words; undefined where both mean the
 * same training, whatever the order of the flags and whichever of them repeat a preset or a default. A record from before
 * records held settings is taken for what its command stands for today.
 */
export function changedFrom(record: Pick<Record, 'command' | 'settings'>, job: TrainingJob): string | undefined {
  const [settings, command] = [settingsOf(job), commandOf(job)]
  const [then, now] = [wordsOf(record.command), wordsOf(command)]
  const other = `its command was ${record.command}`
  if (`${then.names}` !== `${now.names}`) return other
  const today = record.command === command ? settings : readToday(then)
  const before = record.settings ?? today
  if (!before) return other
  const [had, has] = [unlessRefused(() => trainingOf(then, before)), trainingOf(now, settings)]
  if (!had) return other
  // Of options that are newer than the record the command says by today's rule what they were.
  const hyper = { ...today?.hyper, ...before.hyper }
  const none = Object.fromEntries(Object.keys({ ...had, ...has }).map((option) => [option, null]))
  const train = { ...none, ...had }
  return changedSince({ settings: { hyper, train } }, { hyper: settings.hyper, train: { ...none, ...has } })
}
