import { didYouMean } from '../names.js'

/** What a value may be: read from a schema, so that flags, help and messages follow the options of rules. */
export type Kind =
  | { readonly type: 'number' | 'integer'; readonly range: string }
  | { readonly type: 'boolean' }
  | { readonly type: 'text' }
  /** `numbers`: the values stand for numbers. */
  | { readonly type: 'choice'; readonly values: readonly string[]; readonly numbers?: true }
  | { readonly type: 'list'; readonly of: Kind }
  | { readonly type: 'either'; readonly kinds: readonly Kind[] }

export interface Option {
  /** One in a group has the name of the group before its own: `augment.shift`. */
  readonly name: string
  readonly kind: Kind
  readonly description: string
  /** As the schema states it; absent where the option is left unset. */
  readonly fallback?: unknown
  /** It has an effect only where each of these other options has one of these values. */
  readonly onlyWith?: Readonly<Record<string, readonly unknown[]>>
  /** Where it is worth searching, by `.meta({ search })`; absent: it is not. */
  readonly search?: Search
}

/**
 * Numbers between two ends, which belong to them: `log` where each octave is equally likely, `step` where not all do.
 * Or values that stand for themselves; a list as it is typed, `'500,500'`. `true`: all values of a choice.
 */
export type Search =
  | { readonly low: number; readonly high: number; readonly log?: boolean; readonly step?: number }
  | { readonly choices: readonly (string | number | boolean)[] }
  | true

/** What the kind accepts, for help and messages: "a whole number, at least 1". */
export function describeKind(kind: Kind): string {
  switch (kind.type) {
    case 'number':
    case 'integer': {
      const noun = kind.type === 'integer' ? 'a whole number' : 'a number'
      return kind.range ? `${noun} ${kind.range}` : noun
    }
    case 'boolean':
      return 'true or false'
    case 'text':
      return 'text'
    case 'choice':
      return kind.values.length === 1 ? kind.values[0]! : `one of ${kind.values.join(', ')}`
    case 'list':
      return `a list such as 1,2: each ${describeKind(kind.of)}`
    case 'either':
      return kind.kinds.map(describeKind).join(', or ')
  }
}

/** What an option takes, and with which others it has an effect: "a number from 0 to 1; only with optimizer=sgd". */
export function describeOption({ kind, onlyWith = {} }: Option): string {
  const conditions = Object.entries(onlyWith).map(([name, values]) => `${name}=${values.map(showValue).join('|')}`)
  return [describeKind(kind), ...(conditions.length > 0 ? [`only with ${conditions.join(' and ')}`] : [])].join('; ')
}

/** "NAME takes one of a, b, not c. Did you mean "a"?" */
export function refusal(name: string, kind: Kind, shown: string, came: unknown): string {
  if (kind.type === 'integer' && Number(came) > Number.MAX_SAFE_INTEGER) {
    // A number that was read from JSON is another one already than was written there.
    const taken = `${describeKind(kind)}${kind.range ? ' and' : ''} at most ${Number.MAX_SAFE_INTEGER} (2^53 - 1)`
    return `${name} takes ${taken}, not ${typeof came === 'string' ? shown : 'a larger one'}.`
  }
  const question = kind.type === 'choice' && typeof came === 'string' ? didYouMean(came, kind.values) : ''
  return `${name} takes ${describeKind(kind)}, not ${shown}.${question}`
}

/** A value as it is typed: lists with commas, nothing quoted. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'unset'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(showValue).join(',')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
