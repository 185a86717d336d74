import { Option as Flag } from 'commander'
import { type Option, optionTable, parseValue, showValue, withValue } from '../../options/index.js'
import { findRule, isPath } from '../../rules/load.node.js'
import { ruleNamed } from '../../rules/registry.js'
import { trainingOptions } from '../../train/options.js'
import { describeOptions } from '../commands/rules.js'
import { textWidth } from '../output/text.js'
import { named } from '../to-type.js'

/** `checkpointEvery` to `--checkpoint-every`, `augment.shift` to `--augment-shift`. */
export const flagOf = (key: string): string =>
  `--${key.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const OPTIONS = optionTable(trainingOptions)

/** A flag for every option of a table. */
export const flagsOf = (options: readonly Option[]): Flag[] => options.map(flagFor)

/** A flag for every option of the training table, but for those named. */
export const trainingFlags = (without: readonly string[] = []): Flag[] =>
  flagsOf(OPTIONS.filter(({ name }) => !without.includes(name)))

function flagFor({ kind, name, description, fallback }: Option): Flag {
  if (kind.type === 'boolean') return new Flag(flagOf(name), description)
  const isNumber = kind.type === 'integer' || kind.type === 'number'
  const value = isNumber ? 'n' : kind.type === 'choice' ? name.split('.').at(-1) : 'value'
  const takes = kind.type === 'choice' ? ` (${kind.values.join(', ')})` : ''
  const otherwise = fallback === undefined ? '' : `; default: ${showValue(fallback)}`
  return new Flag(`${flagOf(name)} <${value}>`, description + takes + otherwise)
}

/** The training options among the flags that were given, as the training table has them. */
export const readTrainingFlags = (given: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  readFlags(OPTIONS, given)

/** The options of a table among the flags that were given. */
export function readFlags(
  options: readonly Option[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let values: Record<string, unknown> = {}
  for (const option of options) {
    const value = given[flagFor(option).attributeName()]
    const flag = flagOf(option.name)
    if (typeof value === 'string') values = withValue(values, option.name, parseValue(option.kind, value, flag))
    else if (value !== undefined) values = withValue(values, option.name, value)
  }
  return values
}

/** The options of the rule that the arguments name, for the help of `train`. A file that they name is run for it. */
export async function ruleHelp(argv: readonly string[]): Promise<string> {
  const name = argv.slice(1).find((word) => isPath(word) || ruleNamed(word))
  if (name === undefined) return `\n${named('help', 'train', 'RULE')} shows the options of a rule, too.`
  const rule = await findRule(name)
  return `\nOptions of ${rule.id} (--set KEY=VALUE):\n${describeOptions(rule, textWidth()).join('\n')}`
}
