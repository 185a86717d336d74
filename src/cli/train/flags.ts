import { type Command, Option as Flag } from 'commander'
import { type Option, optionTable, parseValue, showValue, withValue } from '../../options/index.js'
import { findRule, isPath } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import { trainingOptions } from '../../train/options.js'
import { describeOptions } from '../commands/rules.js'

/** An option of the training table, by its dotted key, and the flag that sets it. */
interface TrainingFlag {
  readonly key: string
  readonly option: Option
  readonly flag: Flag
}

/** `checkpointEvery` to `--checkpoint-every`, `augment.shift` to `--augment-shift`. */
export const flagOf = (key: string): string =>
  `--${key.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const TRAINING_FLAGS: readonly TrainingFlag[] = flagsOf(optionTable(trainingOptions), '')

function flagsOf(options: readonly Option[], prefix: string): TrainingFlag[] {
  return options.flatMap((option) => {
    const key = prefix + option.name
    const { kind, description, fallback } = option
    if (kind.type === 'group') return flagsOf(kind.options, `${key}.`)
    const name = flagOf(key)
    if (kind.type === 'boolean') return [{ key, option, flag: new Flag(name, description) }]
    const takes = kind.type === 'choice' ? ` (${kind.values.join(', ')})` : ''
    const otherwise = fallback === undefined ? '' : `; default: ${showValue(fallback)}`
    return [{ key, option, flag: new Flag(`${name} <${placeholder(option)}>`, `${description}${takes}${otherwise}`) }]
  })
}

function placeholder({ kind, name }: Option): string {
  if (kind.type === 'integer' || kind.type === 'number') return 'n'
  return kind.type === 'choice' ? name.toLowerCase() : 'value'
}

/** Adds a flag for every option of the training table. */
export function addTrainingFlags(command: Command): Command {
  for (const { flag } of TRAINING_FLAGS) command.addOption(flag)
  return command
}

/** The training options among the flags that were given, as the training table has them. */
export function readTrainingFlags(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return TRAINING_FLAGS.reduce<Record<string, unknown>>((values, { key, option, flag }) => {
    const value = given[flag.attributeName()]
    if (value === undefined) return values
    return withValue(values, key, typeof value === 'string' ? parseValue(option.kind, value, flagOf(key)) : value)
  }, {})
}

/** The options of the rule that the arguments name, for the help of `train`. A file that they name is run for it. */
export async function ruleHelp(argv: readonly string[]): Promise<string> {
  const name = argv.slice(1).find((word) => isPath(word) || RULES.some(({ id }) => id === word.toLowerCase()))
  if (name === undefined) return '\n`onward train RULE --help` shows the options of a rule, too.'
  const rule = await findRule(name)
  const width = Math.min(process.stdout.columns || 100, 120)
  const lines = describeOptions(optionTable(rule.hyper), width)
  return `\nOptions of ${rule.id} (--set KEY=VALUE):\n${lines.join('\n')}`
}
