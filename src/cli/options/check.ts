import type { z } from 'zod'
import { UserError } from '../../errors.js'
import { nearest } from '../../names.js'
import { describeKind, type Kind, optionTable, showValue } from './table.js'
import { findOption, keysOf } from './values.js'

type Issue = z.core.$ZodIssue

/**
 * The values checked against a schema, its defaults filled in. Throws a UserError (wrong usage) that names the first
 * wrong option by `name(key)`, what it takes and what came; for an unknown key, the nearest right one.
 */
export function checkValues<T>(
  schema: z.ZodType<T>,
  values: Readonly<Record<string, unknown>>,
  name: (key: string) => string,
  what = 'option',
): T {
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const options = optionTable(schema)
  const issue = result.error.issues[0]!
  const names = issue.path.filter((part) => typeof part === 'string')
  if (issue.code === 'unrecognized_keys') {
    const key = [...names, issue.keys[0]].join('.')
    throw unknownKey(key, keysOf(options), what)
  }
  const key = names.join('.')
  const kind = findOption(options, key)?.kind
  if (!kind) throw new UserError(issue.message, { exitCode: 2 })
  const came = issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], values)
  throw new UserError(sentence(name(key), kind, issue, came), { exitCode: 2 })
}

function sentence(name: string, kind: Kind, issue: Issue, came: unknown): string {
  if (kind.type === 'list' && Array.isArray(came)) return `${name} needs at least one item, and got none.`
  const one = kind.type === 'list' && typeof issue.path.at(-1) === 'number'
  const target = one ? kind.of : kind
  if (issue.code === 'custom') return `${name} is ${showValue(came)}: ${issue.message}.`
  const meant = target.type === 'choice' && typeof came === 'string' ? nearest(came, target.values) : undefined
  const question = meant === undefined ? '' : ` Did you mean "${meant}"?`
  const subject = one ? `each item of ${name}` : name
  return `${subject} takes ${describeKind(target)}, not ${showValue(came)}.${question}`
}

/** A UserError of wrong usage: no option has this key; the nearest one that exists. */
export function unknownKey(key: string, keys: readonly string[], what: string): UserError {
  const meant = nearest(key, keys)
  const question = meant === undefined ? '' : ` Did you mean "${meant}"?`
  return new UserError(`There is no ${what} "${key}".${question} Known: ${keys.join(', ')}.`, { exitCode: 2 })
}
