import { medianOf, normOf, type Update } from './update.js'

/** The delta, made shorter where its norm is above `most`: delta min(1, most / |delta|). */
export function clipped(delta: Float32Array, most: number): Float32Array {
  const norm = normOf(delta)
  return norm > most ? delta.map((value) => value * (most / norm)) : delta
}

/**
 * Every update clipped to the median of the norms of past rounds and of this one (Sun et al. 2019, arXiv 1911.07963,
 * whose bound is a constant): a scaled update then weighs no more than a usual one.
 */
export function clippedToMedian(updates: readonly Update[], pastNorms: readonly number[]): Update[] {
  const most = medianOf([...pastNorms, ...updates.map(({ delta }) => normOf(delta))])
  return updates.map((update) => ({ ...update, delta: clipped(update.delta, most) }))
}
