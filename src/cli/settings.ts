import { UsageError } from '../errors.js'
import {
  isGroup,
  type Option,
  optionTable,
  parseValue,
  unknownOption,
  type Values,
  withValue,
} from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'

/**
 * The values of `--set KEY=VALUE`, each read as the rule's option of that key has it; later ones win. `where`: how a
 * key was given, for messages.
 */
export function readAssignments(
  rule: AnyRule,
  assignments: readonly string[] = [],
  where: (key: string) => string = (key) => `--set ${key}`,
): Values {
  const options = optionTable(rule.hyper)
  return assignments.reduce<Values>((values, assignment) => {
    const [, key, text] = /^([^=]+)=(.*)$/s.exec(assignment) ?? []
    if (key === undefined || text === undefined)
      throw new UsageError(`--set takes KEY=VALUE such as ${options[0]?.name}=..., not "${assignment}".`)
    const option = options.find(({ name }) => name === key)
    if (!option) throw unknownOption(rule.id, key, options)
    return withValue(values, key, parseValue(option.kind, text, where(key)))
  }, {})
}

/** The values of a file; text for an option that takes none is read as it would be on the command line. */
export function readTexts(options: readonly Option[], values: Values, file: string, group = ''): Values {
  const entries = Object.entries(values).map(([key, value]) => {
    const name = group + key
    if (isGroup(value)) return [key, readTexts(options, value, file, `${name}.`)]
    const kind = options.find((option) => option.name === name)?.kind
    const isText = typeof value === 'string' && kind && kind.type !== 'text'
    return [key, isText ? parseValue(kind, value, `"${name}" in ${file}`) : value]
  })
  return Object.fromEntries(entries)
}
