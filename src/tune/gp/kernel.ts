import { bounds, type Distribution, fromAxis, toAxis } from '../distribution.js'

/** A point as the kernel sees it: each number in [0, 1] on its axis, and each choice by its place in the list. */
export type Point = Float64Array

/** What the kernel is made of: the weight of each parameter (an inverse squared length), its scale, and the noise. */
export interface KernelParams {
  readonly weights: Float64Array
  readonly scale: number
  readonly noise: number
}

const SQRT_5 = Math.sqrt(5)

/** Matern's kernel of smoothness 5/2 as a function of the squared distance. */
export function matern(squared: number): number {
  const r = Math.sqrt(squared)
  return (1 + SQRT_5 * r + (5 / 3) * squared) * Math.exp(-SQRT_5 * r)
}

/** Its derivative by the squared distance. */
export function maternSlope(squared: number): number {
  const r = Math.sqrt(squared)
  return (-5 / 6) * (1 + SQRT_5 * r) * Math.exp(-SQRT_5 * r)
}

/** How far two points are from each other along one parameter, squared: for choices, whether they differ. */
export const apart = (distribution: Distribution, a: number, b: number): number =>
  distribution.kind === 'choice' ? (a === b ? 0 : 1) : (a - b) * (a - b)

/** Innermost of all that a search computes: hence the plain loop. */
export function squaredDistance(kinds: readonly Distribution[], weights: Float64Array, a: Point, b: Point): number {
  let sum = 0
  for (let i = 0; i < kinds.length; i++) sum += weights[i]! * apart(kinds[i]!, a[i]!, b[i]!)
  return sum
}

/** A number of `Params` as a coordinate. */
export function coordinate(distribution: Distribution, number: number): number {
  if (distribution.kind === 'choice') return number
  const [low, high] = bounds(distribution)
  return high === low ? 0.5 : (toAxis(distribution, number) - low) / (high - low)
}

/** The number of `Params` that is nearest to a coordinate. */
export function numberAt(distribution: Distribution, place: number): number {
  if (distribution.kind === 'choice') return place
  const [low, high] = bounds(distribution)
  return fromAxis(distribution, low + (high - low) * place)
}
