import { bounds, type Distribution, type Params, toAxis } from './distribution.js'
import { type Direction, losses, type Trial } from './study.js'

/** Places on an axis at which densities are compared. */
const PLACES = 50
/** The part of the trials that counts as good. */
const GOOD = 0.1

/**
 * How much each setting decides whether a trial is among the best tenth: PED-ANOVA (Watanabe, Bansal, Hutter 2023), the
 * Pearson divergence between where good trials lie on the setting's axis and where all do, as parts of their sum. Densities
 * are Gaussian kernels by Scott's rule, or shares of choices. Of complete trials alone; empty where there are fewer than
 * ten, or none has a setting with two values.
 */
export function importances(
  trials: readonly Pick<Trial, 'state' | 'params' | 'distributions' | 'values'>[],
  directions: readonly Direction[],
): ReadonlyMap<string, number> {
  const complete = trials.filter(({ state }) => state === 'complete')
  if (complete.length < 10) return new Map()
  const lossOf = ({ values = [] }: (typeof complete)[0]): number => losses(values, directions)[0]!
  const sorted = complete.toSorted((a, b) => lossOf(a) - lossOf(b))
  const good = sorted.slice(0, Math.max(2, Math.ceil(GOOD * sorted.length)))
  const names = new Set(complete.flatMap(({ params }) => Object.keys(params)))
  const found = new Map<string, number>()
  for (const name of names) {
    const distribution = complete.find(({ distributions }) => distributions[name])?.distributions[name]
    const placesOf = (some: readonly { readonly params: Params }[]): number[] =>
      some.flatMap(({ params }) =>
        params[name] === undefined || !distribution ? [] : [placeOf(distribution, params[name])],
      )
    const all = placesOf(complete)
    if (!distribution || new Set(all).size < 2) continue
    const [p, q] = [densityOf(distribution, placesOf(good)), densityOf(distribution, all)]
    found.set(name, q.reduce((sum, own, i) => sum + own * (p[i]! / own - 1) ** 2, 0) / q.length)
  }
  const total = [...found.values()].reduce((sum, x) => sum + x, 0)
  return new Map([...found].map(([name, value]) => [name, total > 0 ? value / total : 1 / found.size]))
}

/** Where a value lies on its axis, from 0 to 1; of a choice, its number. */
export function placeOf(distribution: Distribution, value: number): number {
  if (distribution.kind === 'choice') return value
  const [low, high] = bounds(distribution)
  return high > low ? (toAxis(distribution, value) - low) / (high - low) : 0.5
}

/** At every place of an axis, or of every choice; never quite nothing. */
function densityOf(distribution: Distribution, places: readonly number[]): number[] {
  if (distribution.kind === 'choice') {
    const counts = distribution.choices.map((_, i) => places.filter((place) => place === i).length + 1e-3)
    const sum = counts.reduce((a, b) => a + b, 0)
    return counts.map((n) => (n / sum) * counts.length)
  }
  const mean = places.reduce((sum, x) => sum + x, 0) / places.length
  const deviation = Math.sqrt(places.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, places.length - 1))
  const width = Math.max(0.5 / PLACES, 1.06 * deviation * places.length ** -0.2)
  const raw = Array.from({ length: PLACES }, (_, i) => {
    const at = (i + 0.5) / PLACES
    return 1e-6 + places.reduce((sum, x) => sum + Math.exp(-(((at - x) / width) ** 2) / 2), 0)
  })
  const sum = raw.reduce((a, b) => a + b, 0)
  return raw.map((x) => (x / sum) * PLACES)
}
