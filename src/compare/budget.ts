import { UsageError } from '../errors.js'
import type { Contender } from './contender.js'

/** How long each arm may learn: so many epochs (of each layer, where they learn in turns), images, or seconds. */
export interface Budget {
  readonly kind: 'epochs' | 'images' | 'seconds'
  readonly amount: number
}

const KINDS: readonly string[] = ['epochs', 'images', 'seconds'] satisfies Budget['kind'][]

/** Reads `epochs=5`, `images=100000` or `seconds=60`. Throws a UsageError that says what was expected. */
export function readBudget(text: string): Budget {
  const [, kind = '', number = ''] = /^(\w+)=(.+)$/.exec(text) ?? []
  const amount = Number(number)
  const isWhole = kind === 'seconds' || Number.isInteger(amount)
  if (KINDS.includes(kind) && amount > 0 && Number.isFinite(amount) && isWhole)
    return { kind: kind as Budget['kind'], amount }
  throw new UsageError(`--budget takes epochs=5, images=100000 or seconds=60, not "${text}".`)
}

/**
 * Whole epochs within a budget, since schedules go by the whole training. `rate`: samples a second, where the budget is
 * a time. Throws a UsageError where not one fits.
 */
export function epochsWithin(
  { kind, amount }: Budget,
  { name, phases, samplesPerEpoch }: Pick<Contender, 'name' | 'phases' | 'samplesPerEpoch'>,
  rate = Number.NaN,
): number {
  if (kind === 'epochs') return amount
  const each = phases * samplesPerEpoch
  const epochs = Math.floor((kind === 'images' ? amount : amount * rate) / each)
  if (epochs >= 1) return epochs
  const least = kind === 'images' ? `${each} images` : `some ${(each / rate).toPrecision(2)} s`
  throw new UsageError(
    `An epoch of ${name} takes ${least}, more than --budget ${kind}=${amount}: allow more, or take fewer samples (--limit).`,
  )
}
