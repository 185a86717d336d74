import { z } from 'zod'
import type { Kind, Option, Search } from './kinds.js'

export { describeKind, describeOption, type Kind, type Option, refusal, type Search, showValue } from './kinds.js'

interface JsonSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly description?: string
  readonly default?: unknown
  /** What an option says of itself by `.meta({ onlyWith: { optimizer: 'sgd' } })`. */
  readonly onlyWith?: Readonly<Record<string, unknown>>
  readonly search?: Search
}

/** The options of a zod object, in the order in which it lists them. */
export function optionTable(schema: z.ZodType): Option[] {
  return optionsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '')
}

function optionsOf({ properties = {} }: JsonSchema, group: string): Option[] {
  return Object.entries(properties).flatMap(([own, property]) => {
    const name = group + own
    if (property.type === 'object') return optionsOf(property, `${name}.`)
    const option = { name, kind: kindOf(property), description: property.description ?? '' }
    const fallback = 'default' in property && { fallback: property.default }
    const { onlyWith, search } = property
    const condition = onlyWith && { onlyWith: listed(onlyWith, group) }
    return [{ ...option, ...fallback, ...condition, ...(search && { search }) }]
  })
}

const listed = (condition: Readonly<Record<string, unknown>>, group: string): Record<string, unknown[]> =>
  Object.fromEntries(Object.entries(condition).map(([name, values]) => [group + name, [values].flat()]))

function kindOf(schema: JsonSchema): Kind {
  const either = schema.anyOf ?? schema.oneOf
  if (either) {
    const kinds = either.map(kindOf)
    const choices = kinds.filter((kind) => kind.type === 'choice')
    const others = kinds.filter((kind) => kind.type !== 'choice')
    const choice = choiceOf(
      choices.flatMap(({ values }) => values),
      choices.every(({ numbers }) => numbers),
    )
    if (others.length === 0) return choice
    return { type: 'either', kinds: choices.length > 0 ? [choice, ...others] : others }
  }
  const named = 'const' in schema ? [schema.const] : schema.enum
  if (named)
    return choiceOf(
      named.map(String),
      named.every((value) => typeof value === 'number'),
    )
  if (schema.type === 'number' || schema.type === 'integer') return { type: schema.type, range: rangeOf(schema) }
  if (schema.type === 'boolean') return { type: 'boolean' }
  if (schema.type === 'array') return { type: 'list', of: kindOf(schema.items ?? {}) }
  return { type: 'text' }
}

const choiceOf = (values: string[], isNumbers: boolean): Kind => ({
  type: 'choice',
  values,
  ...(isNumbers && { numbers: true }),
})

/** "from 0 to 1", "above 0", "at least 1", or "" where every number will do. */
function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  // Zod bounds every integer by the safe ones: no bound that a person would state.
  const low = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined
  const high = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined
  if (low !== undefined && high !== undefined) return `from ${low} to ${high}`
  const bounds = { 'at least': low, above: exclusiveMinimum, 'at most': high, below: exclusiveMaximum }
  const stated = Object.entries(bounds).filter(([, bound]) => bound !== undefined)
  return stated.map(([words, bound]) => `${words} ${bound}`).join(' and ')
}
