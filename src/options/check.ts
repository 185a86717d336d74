import type { z } from 'zod'
import { UsageError } from '../errors.js'
import { unknownName } from '../names.js'
import { type Kind, type Option, optionTable, refusal, showValue } from './table.js'
import { type Values, valueAt } from './values.js'

/**
 * The values with all defaults, checked against the options of `owner`, a rule or "training". Throws a UsageError about
 * the first one that is wrong: what it takes and what came; for an unknown one, the nearest that exists.
 */
export function checkOptions<T>(schema: z.ZodType<T>, values: Values, owner: string): T {
  const result = schema.safeParse(values)
  if (result.success) {
    checkKept(schema, result.data as Values, owner)
    return result.data
  }
  const options = optionTable(schema)
  const issue = result.error.issues[0]!
  const key = issue.path.filter((part) => typeof part === 'string').join('.')
  if (issue.code === 'unrecognized_keys')
    throw unknownOption(owner, [key, issue.keys[0]].filter(Boolean).join('.'), options)
  const kind = options.find(({ name }) => name === key)?.kind
  const came = issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], values)
  if (options.some(({ name }) => name.startsWith(`${key}.`)))
    throw new UsageError(`the option ${key} of ${owner} takes an object, not ${showValue(came)}.`)
  if (!kind) throw new UsageError(`${owner}: ${issue.message}.`)
  throw new UsageError(sentence(`the option ${key} of ${owner}`, kind, issue, came))
}

/** A UsageError: the owner has no option of this name. */
export const unknownOption = (owner: string, name: string, options: readonly Option[]): UsageError =>
  unknownName(
    `option of ${owner}`,
    name,
    options.map((option) => option.name),
  )

/** Throws a UsageError unless what a run keeps of options, as JSON, is read again as the same. */
function checkKept(schema: z.ZodType, values: Values, owner: string): void {
  const kept = JSON.parse(JSON.stringify(values)) as Values
  const again = schema.safeParse(kept)
  if (!again.success)
    throw new UsageError(`${owner} does not take its own options from a file: ${again.error.issues[0]!.message}.`)
  const read = again.data as Values
  const other = Object.keys(values).find((key) => JSON.stringify(read[key]) !== JSON.stringify(values[key]))
  if (other !== undefined)
    throw new UsageError(
      `the option ${other} of ${owner} is ${showValue(values[other])}, and ${showValue(read[other])} when it is ` +
        'read again: its schema must not change what it reads.',
    )
}

function sentence(name: string, kind: Kind, issue: z.core.$ZodIssue, came: unknown): string {
  if (issue.code === 'custom') return `${name} is ${showValue(came)}: ${issue.message}.`
  if (kind.type === 'list' && Array.isArray(came)) return `${name} needs at least one item, and got none.`
  const one = kind.type === 'list' && typeof issue.path.at(-1) === 'number'
  const target = one ? kind.of : kind
  return refusal(one ? `each item of ${name}` : name, target, showValue(came), came)
}

/**
 * Throws a UsageError where an option that was `given` changes nothing in `settings`, the whole of them: it says with
 * which other option it would. Options say so themselves, in their schema: `.meta({ onlyWith: { optimizer: 'sgd' } })`.
 */
export function checkEffect(schema: z.ZodType, given: Values, settings: Values, owner: string): void {
  for (const option of optionTable(schema)) {
    const { name } = option
    const unmet = unmetBy(option, settings)
    if (valueAt(given, name) === undefined || !unmet) continue
    const [other, values] = unmet
    const now = `${other}=${showValue(valueAt(settings, other))}`
    const wanted = values.map((value) => `${other}=${showValue(value)}`).join(' or ')
    throw new UsageError(`the option ${name} of ${owner} has no effect with ${now}: leave it out, or choose ${wanted}.`)
  }
}

/** The names of the options that change something in `settings`, the whole of them. */
export const inEffect = (schema: z.ZodType, settings: Values): string[] =>
  optionTable(schema).flatMap((option) => (isInEffect(option, settings) ? [option.name] : []))

/** Whether an option changes something in `settings`, the whole of them. */
export const isInEffect = (option: Conditions, settings: Values): boolean => !unmetBy(option, settings)

type Conditions = { readonly onlyWith?: Option['onlyWith'] | undefined }

/** The first condition of an option that `settings` do not meet: another option, and which values it would have to have. */
const unmetBy = ({ onlyWith = {} }: Conditions, settings: Values): [string, readonly unknown[]] | undefined =>
  Object.entries(onlyWith).find(([other, values]) => !values.includes(valueAt(settings, other)))
