import { UsageError } from '../errors.js'
import { type Kind, refusal } from './kinds.js'

export type Values = Readonly<Record<string, unknown>>

/**
 * The value that `text` stands for in an option of this kind. Ranges are the schema's business; text that is no such
 * value at all throws a UsageError that starts with `where`, the option as it was typed.
 */
export function parseValue(kind: Kind, text: string, where: string): unknown {
  const value = read(kind, text.trim(), where)
  if (value === undefined) throw new UsageError(refusal(where, kind, `"${text}"`, text))
  return value
}

function read(kind: Kind, text: string, where: string): unknown {
  switch (kind.type) {
    case 'number':
    case 'integer': {
      const number = Number(text)
      // A larger one would be read as another number than was written.
      const isRounded = kind.type === 'integer' && Number.isInteger(number) && !Number.isSafeInteger(number)
      return text === '' || Number.isNaN(number) || isRounded ? undefined : number
    }
    case 'boolean':
      return { true: true, false: false, yes: true, no: false, on: true, off: false }[text]
    case 'text':
      return text
    case 'choice':
      if (!kind.values.includes(text)) return undefined
      return kind.numbers ? Number(text) : text
    case 'list': {
      const inner = text.replace(/^\[(.*)\]$/, '$1').trim()
      if (inner === '' || inner === 'none') return []
      return inner.split(',').map((part) => parseValue(kind.of, part, `each item of ${where}`))
    }
    case 'either':
      for (const one of kind.kinds) {
        const value = read(one, text, where)
        if (value !== undefined) return value
      }
      return undefined
  }
}

/** `values` with the value at a dotted key set; groups on the way are copied, not changed. */
export function withValue(values: Values, key: string, value: unknown): Record<string, unknown> {
  const [head, ...rest] = key.split('.') as [string, ...string[]]
  if (rest.length === 0) return { ...values, [head]: value }
  return { ...values, [head]: withValue((values[head] ?? {}) as Values, rest.join('.'), value) }
}

export const isGroup = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Values over values, the later over the earlier; groups are merged key by key, what is undefined covers nothing. */
export function merge(...layers: readonly (Values | undefined)[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {}
  for (const [key, value] of layers.flatMap((layer = {}) => Object.entries(layer))) {
    const below = merged[key]
    if (value !== undefined) merged[key] = isGroup(value) && isGroup(below) ? merge(below, value) : value
  }
  return merged
}

/** The value of an option by its name, `augment.shift` of one in a group. */
export const valueAt = (values: Values, name: string): unknown =>
  name.split('.').reduce<unknown>((value, key) => (value as Values | undefined)?.[key], values)
