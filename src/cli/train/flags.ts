import { Option as Flag } from 'commander'
import { type Option, optionTable, parseValue, showValue, withValue } from '../../options/index.js'
import { findRule, isPath } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import { trainingOptions } from '../../train/options.js'
import { describeOptions } from '../commands/rules.js'
import { textWidth } from '../output/text.js'
import { toType } from '../to-type.js'

/** `checkpointEvery` to `--checkpoint-every`, `augment.shift` to `--augment-shift`. */
export const flagOf = (key: string): string =>
  `--${key.replaceAll('.', '-').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** The options of the training table by their keys, those of groups with the group before: `augment.shift`. */
const OPTIONS = new Map(optionTable(trainingOptions).flatMap((option) => leavesOf(option, option.name)))

function leavesOf({ kind, ...option }: Option, key: string): [key: string, option: Option][] {
  if (kind.type !== 'group') return [[key, { ...option, kind }]]
  return kind.options.flatMap((own) => leavesOf(own, `${key}.${own.name}`))
}

/** A flag for every option of the training table. */
export const trainingFlags = (): Flag[] => [...OPTIONS].map(([key, option]) => flagFor(key, option))

function flagFor(key: string, { kind, name, description, fallback }: Option): Flag {
  if (kind.type === 'boolean') return new Flag(flagOf(key), description)
  const isNumber = kind.type === 'integer' || kind.type === 'number'
  const value = isNumber ? 'n' : kind.type === 'choice' ? name : 'value'
  const takes = kind.type === 'choice' ? ` (${kind.values.join(', ')})` : ''
  const otherwise = fallback === undefined ? '' : `; default: ${showValue(fallback)}`
  return new Flag(`${flagOf(key)} <${value}>`, description + takes + otherwise)
}

/** The training options among the flags that were given, as the training table has them. */
export function readTrainingFlags(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let values: Record<string, unknown> = {}
  for (const [key, { kind }] of OPTIONS) {
    const value = given[new Flag(flagOf(key)).attributeName()]
    if (value === undefined) continue
    values = withValue(values, key, typeof value === 'string' ? parseValue(kind, value, flagOf(key)) : value)
  }
  return values
}

/** The options of the rule that the arguments name, for the help of `train`. A file that they name is run for it. */
export async function ruleHelp(argv: readonly string[]): Promise<string> {
  const name = argv.slice(1).find((word) => isPath(word) || RULES.some(({ id }) => id === word.toLowerCase()))
  if (name === undefined) return `\n${toType('help', 'train', 'RULE')} shows the options of a rule, too.`
  const rule = await findRule(name)
  return `\nOptions of ${rule.id} (--set KEY=VALUE):\n${describeOptions(rule, textWidth()).join('\n')}`
}
