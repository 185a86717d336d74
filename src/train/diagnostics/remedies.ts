import type { Setting } from './diagnosis.js'

const isNumeric = (value: unknown): boolean => [value].flat().every((one) => typeof one === 'number')

/** A number to try: one digit of precision is enough for advice. */
const rounded = (value: number): number => Number(value.toPrecision(2))

/** `rate=0.0003 (now 0.003)`, a tenth of what it is; the step sizes by the names that the rule gives them. */
export function smallerRate({ hyper, options }: Pick<Setting, 'hyper' | 'options'>): string {
  const { rate } = hyper
  if (options.has('rate') && typeof rate === 'number')
    return `a smaller step size, such as rate=${rounded(rate / 10)} (now ${rate})`
  const rates = Object.entries(hyper).filter(([name, value]) => /rates?$/i.test(name) && isNumeric(value))
  if (rates.length === 0) return 'smaller steps'
  return `smaller step sizes than ${rates.map(([name, value]) => `${name}=${[value].flat().join(',')}`).join(' and ')}`
}

/** `weightDecay=0.001 (now 0)`: more of it, where the rule has the option. */
export function moreDecay({ hyper, options }: Pick<Setting, 'hyper' | 'options'>): string[] {
  const { weightDecay } = hyper
  if (!options.has('weightDecay') || typeof weightDecay !== 'number') return []
  return [`weightDecay=${weightDecay === 0 ? 0.001 : rounded(10 * weightDecay)} (now ${weightDecay})`]
}

/** `a, b or c`. */
export const oneOf = (list: readonly string[]): string =>
  list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`
