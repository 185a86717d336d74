import { median } from './ground.js'
import type { Plane } from './picture.js'

/** The ground of a plane: paper under uneven light. */
export interface Surface {
  /** The ground at every pixel, [height, width]. */
  readonly values: Float32Array
  /** The deviation of the ground's own grain. */
  readonly grain: number
}

/** Differences up to this are ground, however little grain it has. */
const FLAT = 0.04

/** A MAD of normally distributed numbers times this is their deviation. */
const MAD_TO_DEVIATION = 1.4826

const ROUNDS = 6

/** As many pixels as the surface is fitted to, evenly spread. */
const FITTED_TO = 20_000

/**
 * The ground of a plane, as a surface of the second degree: fitted by least squares to the outer eighth first, then
 * again and again to all that lies close to the surface so far, so that ink has no say.
 */
export function groundSurface({ width, height, values }: Plane): Surface {
  const step = Math.max(1, Math.floor(Math.sqrt(values.length / FITTED_TO)))
  const places: number[] = []
  for (let y = 0; y < height; y += step) for (let x = 0; x < width; x += step) places.push(y * width + x)
  const terms = (place: number): number[] => {
    const x = ((place % width) + 0.5) / width - 0.5
    const y = (Math.floor(place / width) + 0.5) / height - 0.5
    return [1, x, y, x * x, x * y, y * y]
  }
  const outer = places.filter((place) => {
    const [, x = 0, y = 0] = terms(place)
    return Math.max(Math.abs(x), Math.abs(y)) > 0.375
  })
  // The outer part alone says little of curvature: a level to begin with.
  let [known, grain] = [[median(outer.map((place) => values[place]!))], 0]
  let near = outer
  for (let round = 0; round < ROUNDS; round++) {
    const off = (place: number): number => Math.abs(values[place]! - levelAt(known, terms(place)))
    grain = MAD_TO_DEVIATION * median(near.map(off))
    const most = Math.max(FLAT, 3 * grain)
    near = (round < 2 ? outer : places).filter((place) => off(place) <= most)
    if (near.length < 12) break
    known = leastSquares(
      near.map(terms),
      near.map((place) => values[place]!),
      round < 2 ? 3 : 6,
    )
  }
  return { values: Float32Array.from(values, (_, place) => levelAt(known, terms(place))), grain }
}

const levelAt = (factors: readonly number[], terms: readonly number[]): number =>
  factors.reduce((sum, factor, i) => sum + factor * terms[i]!, 0)

/** The factors of the first `count` terms that fit best; a trace of ridge keeps terms out that never change. */
function leastSquares(rows: readonly (readonly number[])[], wanted: readonly number[], count: number): number[] {
  const a = Array.from({ length: count }, () => new Array<number>(count + 1).fill(0))
  for (const [r, row] of rows.entries())
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < count; j++) a[i]![j]! += row[i]! * row[j]!
      a[i]![count]! += row[i]! * wanted[r]!
    }
  for (let i = 0; i < count; i++) a[i]![i]! += 1e-9 * rows.length
  // Gauss: the matrix is symmetric and positive, no row need be changed for another.
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) {
      if (j === i) continue
      const factor = a[j]![i]! / a[i]![i]!
      for (let k = i; k <= count; k++) a[j]![k]! -= factor * a[i]![k]!
    }
  return a.map((row, i) => row[count]! / row[i]!)
}
