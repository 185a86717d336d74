import { UserError } from '../errors.js'
import { unknownName } from '../names.js'
import type { AnyRule, Preset } from '../rules/contract.js'
import { checkValues, unknownKey } from './options/check.js'
import { optionTable } from './options/table.js'
import { findOption, keysOf, parseValue, withValue } from './options/values.js'

type Values = Readonly<Record<string, unknown>>

/** The rule's preset of that name, or none at all where no name is given. */
export function findPreset(rule: AnyRule, name: string | undefined): Preset | undefined {
  if (name === undefined) return undefined
  if (Object.hasOwn(rule.presets, name)) return rule.presets[name]
  throw unknownName(`preset of ${rule.id}`, name, Object.keys(rule.presets))
}

/** The values of `--set KEY=VALUE`, each read as the rule's option of that key has it; later ones win. */
export function readAssignments(rule: AnyRule, assignments: readonly string[] = []): Values {
  const options = optionTable(rule.hyper)
  return assignments.reduce<Values>((values, assignment) => {
    const equals = assignment.indexOf('=')
    if (equals < 1)
      throw new UserError(`--set takes KEY=VALUE such as ${options[0]?.name}=..., not "${assignment}".`, {
        exitCode: 2,
      })
    const key = assignment.slice(0, equals)
    const option = findOption(options, key)
    if (!option) throw unknownKey(key, keysOf(options), `option of ${rule.id}`)
    return withValue(values, key, parseValue(option.kind, assignment.slice(equals + 1), `--set ${key}`))
  }, {})
}

/** The options of a rule, checked, with the rule's defaults for what is not given. */
export const checkHyper = (rule: AnyRule, values: Values): unknown =>
  checkValues(rule.hyper, values, (key) => `the option ${key} of ${rule.id}`, `option of ${rule.id}`)
