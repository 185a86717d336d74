import type { Glance } from '../session/protocol.js'

/** Numbers of samples in two phases that are to be told apart, such as the goodness of true and false data. */
export interface Pair {
  readonly what: string
  readonly series: readonly { readonly phase: string; readonly values: Float32Array }[]
}

/** The first kind of number that a block has in two phases. */
export function pairedNumbers(glances: readonly Glance[]): Pair | undefined {
  const numbers = glances.filter(({ shape }) => shape.length === 0)
  for (const { what } of numbers) {
    const series = numbers.filter((own) => own.what === what).map(({ phase, values }) => ({ phase, values }))
    if (series.length === 2) return { what, series }
  }
  return undefined
}

/** How many of the values lie in each of `bins` equal parts of [low, high]. */
export function countsIn(values: ArrayLike<number>, low: number, high: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0)
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(((values[i]! - low) / (high - low || 1)) * bins)
    counts[Math.min(bins - 1, Math.max(0, at))]!++
  }
  return counts
}
