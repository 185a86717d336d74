import type { Distribution } from '../../src/tune/distribution.js'
import { drawOf } from '../../src/tune/draw.js'
import { type SamplerName, samplerOf } from '../../src/tune/samplers.js'
import type { Dimension } from '../../src/tune/space.js'
import type { Direction, Trial } from '../../src/tune/study.js'
import { suggest } from '../../src/tune/suggest.js'

export const float = (low: number, high: number, log = false): Distribution => ({ kind: 'float', low, high, log })

export const dimension = (name: string, distribution: Distribution, onlyWith?: Dimension['onlyWith']): Dimension => ({
  ...{ name, table: 'hyper', distribution },
  kind: distribution.kind === 'choice' ? { type: 'text' } : { type: 'number', range: '' },
  ...(onlyWith && { onlyWith }),
})

export const trial = (number: number, given: Partial<Trial> = {}): Trial => ({
  ...{ number, state: 'complete', params: {}, distributions: {}, reports: new Map(), notes: {}, systemNotes: {} },
  ...given,
})

/** The trials of a study of a function: one after the other, without a training. */
export function search(
  name: SamplerName,
  space: readonly Dimension[],
  f: (params: Readonly<Record<string, number>>) => number | readonly number[],
  count: number,
  seed: number,
  directions: readonly Direction[] = ['minimize'],
): Trial[] {
  const trials: Trial[] = []
  const base = { hyper: {}, options: {} }
  for (let number = 0; number < count; number++) {
    const draw = drawOf(seed, number, 'tune')
    const sampler = samplerOf(name)
    const params = suggest({ sampler, space, base, trials, directions, draw, isPossible: () => true })
    if (!params) break
    trials.push(trial(number, { params, values: [f(params)].flat() }))
  }
  return trials
}

export const bestOf = (trials: readonly Trial[]): number => Math.min(...trials.map(({ values }) => values![0]!))

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

/** Dixon and Szego 1978: minimum 0.397887 at three places. */
export const BRANIN = [dimension('x', float(-5, 10)), dimension('y', float(0, 15))]
export function branin({ x = 0, y = 0 }: Readonly<Record<string, number>>): number {
  const b = 5.1 / (4 * Math.PI ** 2)
  return (y - b * x * x + (5 / Math.PI) * x - 6) ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10
}

/** Hartmann's function of six parameters: minimum -3.32237. */
export const HARTMANN = Array.from({ length: 6 }, (_, i) => dimension(`x${i}`, float(0, 1)))
export function hartmann(params: Readonly<Record<string, number>>): number {
  const alpha = [1, 1.2, 3, 3.2]
  const a = [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ]
  const p = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ]
  const x = HARTMANN.map(({ name }) => params[name]!)
  return -alpha.reduce(
    (sum, weight, i) => sum + weight * Math.exp(-x.reduce((s, v, j) => s + a[i]![j]! * (v - p[i]![j]!) ** 2, 0)),
    0,
  )
}
