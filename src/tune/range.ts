import { UsageError } from '../errors.js'
import { describeKind, type Kind, parseValue, type Search } from '../options/index.js'
import type { Choice, Distribution } from './distribution.js'

/** The numbers that an option of this kind takes, or a list of one of them; undefined where it takes none. */
export function numberKind(kind: Kind): (Kind & { readonly type: 'number' | 'integer' }) | undefined {
  if (kind.type === 'number' || kind.type === 'integer') return kind
  if (kind.type === 'list') return numberKind(kind.of)
  return kind.type === 'either' ? kind.kinds.map(numberKind).find((found) => found !== undefined) : undefined
}

/** What an option's table says of where it is worth searching, as a distribution. */
export function distributionOf(kind: Kind, search: Search): Distribution {
  if (search === true) return { kind: 'choice', choices: kind.type === 'boolean' ? [false, true] : choicesOf(kind) }
  if ('choices' in search) return { kind: 'choice', choices: search.choices }
  const { low, high, log = false, step } = search
  return numberKind(kind)?.type === 'integer'
    ? { kind: 'int', low, high, log, step: step ?? 1 }
    : { kind: 'float', low, high, log, ...(step !== undefined && { step }) }
}

const choicesOf = (kind: Kind): readonly string[] => (kind.type === 'choice' ? kind.values : [])

/**
 * The distribution that `KEY=RANGE` gives the option `name`: `1e-4..1e-1:log`, `16..256:step=16`, or choices, between
 * commas, or between bars where a choice holds commas: `500,500|300,300,300`. Throws a UsageError that says how.
 */
export function readRange(name: string, kind: Kind, text: string): Distribution {
  const where = `--space ${name}`
  const [, low, high, marks = ''] = /^\s*([^\s|,]+?)\.\.([^\s|,:]+)((?::[^:]+)*)\s*$/.exec(text) ?? []
  if (low === undefined || high === undefined) return choices(where, kind, text)
  const numbers = numberKind(kind)
  if (!numbers)
    throw new UsageError(`${where} takes choices such as a,b, not a range: the option takes ${describeKind(kind)}.`)
  const ends = [low, high].map((end) => parseValue(numbers, end, where) as number) as [number, number]
  return ranged(where, text, numbers.type, ends, marks.split(':').slice(1))
}

function ranged(
  where: string,
  text: string,
  type: 'number' | 'integer',
  [low, high]: readonly [number, number],
  marks: readonly string[],
): Distribution {
  const wrong = (why: string): UsageError =>
    new UsageError(`${where} takes LOW..HIGH, LOW..HIGH:log or LOW..HIGH:step=N, not "${text}": ${why}.`)
  if (!(low <= high)) throw wrong('its low end is above its high end')
  let log = false
  let step: number | undefined
  for (const mark of marks) {
    const [, size] = /^step=(.+)$/.exec(mark) ?? []
    if (mark === 'log') log = true
    else if (size !== undefined && Number(size) > 0) step = Number(size)
    else throw wrong(`":${mark}" is neither :log nor :step=N`)
  }
  if (log && step !== undefined) throw wrong('a range has a step or goes by logarithms, not both')
  if (log && low <= 0) throw wrong('logarithms need a low end above 0')
  if (type === 'integer') {
    if (step !== undefined && !Number.isInteger(step)) throw wrong('whole numbers need a whole step')
    return { kind: 'int', low, high: lastStep(low, high, step ?? 1), log, step: step ?? 1 }
  }
  if (step === undefined) return { kind: 'float', low, high, log }
  return { kind: 'float', low, high: lastStep(low, high, step), log, step }
}

/** The last value that whole steps reach. */
const lastStep = (low: number, high: number, step: number): number =>
  Number((low + Math.floor((high - low) / step + 1e-9) * step).toPrecision(12))

function choices(where: string, kind: Kind, text: string): Distribution {
  const parts = text.split(text.includes('|') ? '|' : ',').map((part) => part.trim())
  const values = parts.map((part): Choice => {
    const value = parseValue(kind, part, where)
    return typeof value === 'number' || typeof value === 'boolean' ? value : part
  })
  if (new Set(values).size < values.length) throw new UsageError(`${where}: a choice stands there twice in "${text}".`)
  return { kind: 'choice', choices: values }
}
