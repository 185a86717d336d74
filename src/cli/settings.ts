import { UsageError } from '../errors.js'
import { unknownName } from '../names.js'
import {
  findOption,
  isGroup,
  keysOf,
  type Option,
  optionTable,
  parseValue,
  type Values,
  withValue,
} from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'

/** The values of `--set KEY=VALUE`, each read as the rule's option of that key has it; later ones win. */
export function readAssignments(rule: AnyRule, assignments: readonly string[] = []): Values {
  const options = optionTable(rule.hyper)
  return assignments.reduce<Values>((values, assignment) => {
    const equals = assignment.indexOf('=')
    if (equals < 1) throw new UsageError(`--set takes KEY=VALUE such as ${options[0]?.name}=..., not "${assignment}".`)
    const key = assignment.slice(0, equals)
    const option = findOption(options, key)
    if (!option) throw unknownName(`option of ${rule.id}`, key, keysOf(options))
    return withValue(values, key, parseValue(option.kind, assignment.slice(equals + 1), `--set ${key}`))
  }, {})
}

/** The values of a file; what is text there for an option that takes none is read as it would be on the command line. */
export function readTexts(options: readonly Option[], values: Values, file: string): Values {
  const entries = Object.entries(values).map(([key, value]) => {
    const kind = options.find(({ name }) => name === key)?.kind
    if (kind?.type === 'group' && isGroup(value)) return [key, readTexts(kind.options, value, file)]
    const isText = typeof value === 'string' && kind && kind.type !== 'text'
    return [key, isText ? parseValue(kind, value, `"${key}" in ${file}`) : value]
  })
  return Object.fromEntries(entries)
}
