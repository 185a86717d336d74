import { Option as Flag } from 'commander'
import { UsageError } from '../errors.js'
import { parseValue, refusal } from '../options/index.js'
import { LOG_FORMATS } from '../train/log-formats.js'
import { readLogs } from './logs.js'
import { ownFlags } from './own-data.js'
import { named } from './to-type.js'
import { trainingFlags } from './train/flags.js'

/** A command, as its help shows it, and the file that does what it says. */
export interface CommandEntry {
  readonly name: string
  readonly does: string
  /** What it takes besides flags, in order: `<run>`, `[rule...]`. */
  readonly takes: Readonly<Record<string, string>>
  readonly flags: readonly Flag[]
  /** Commands of its own. */
  readonly commands?: readonly CommandEntry[]
  /** What it does itself; absent where it only has commands. */
  readonly load?: () => Promise<{
    /** Takes the arguments, then the flags; a number that it gives is the exit code. */
    readonly command: (...given: never[]) => Promise<unknown>
  }>
}

export const flag = (flags: string, description: string): Flag => new Flag(flags, description)

export const JSON_FLAG = flag('--json', 'print JSON')
/** The flags of the options of a rule. */
export const ruleFlags = (): Flag[] => [
  flag('--preset <name>', `settings with a name; ${named('rules', 'RULE')} lists them`),
  flag('--set <key=value>', 'an option of the rule; may be given more than once').argParser(collect),
]

/** What `train` takes, and all that trains as it does: `alone`: and what only one process can do. */
export const trainFlags = ({ alone }: { readonly alone: boolean }): Flag[] => [
  flag('--data <name>', `the data set, which ${named('data')} lists, or the path of your own: ./digits, table.csv`),
  flag('--data-dir <dir>', 'the folder that holds its files; default: ONWARD_DATA, the cache, or a download'),
  ...ruleFlags(),
  flag('--config <file>', 'settings from a JSON file: flags by name, the options of the rule in "set"'),
  flag('--out <dir>', 'the folder of the run; default: runs/RULE-DATA-NUMBER'),
  flag('--resume <dir>', 'go on with the run in this folder; --epochs, the new total, makes it longer'),
  flag('--changed-rule', 'with --resume: take the file of the rule although it has changed since'),
  flag('--from <run>', 'begin with the weights of this run where names and shapes are equal'),
  ...(alone ? [flag('--below <run>', 'with --layer: the run that trained the layers below it')] : []),
  flag('--log <formats>', `logs for other programs in the folder of the run: ${LOG_FORMATS.join(', ')}`).argParser(
    readLogs,
  ),
  flag('--json', 'print JSON, one object a line'),
  ...ownFlags().map((own) => own.helpGroup('Your own data:')),
  ...trainingFlags().map((own) => own.helpGroup('Training:')),
]

/** For a flag that may be given more than once. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** A whole number of a flag, at least `least`. */
export function wholeNumber(name: string, least: number, most = Number.POSITIVE_INFINITY): (text: string) => number {
  const kind = {
    type: 'integer',
    range: most < Number.POSITIVE_INFINITY ? `from ${least} to ${most}` : `at least ${least}`,
  } as const
  return (text) => {
    const value = parseValue(kind, text, name) as number
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new UsageError(refusal(name, kind, `"${text}"`, text))
  }
}
