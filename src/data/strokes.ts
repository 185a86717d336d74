import { INK } from './ground.js'
import type { Plane } from './picture.js'

/** Strokes are full from this share of the strongest on; as the strongest counts what one in ten of them exceeds. */
const STRONG = 0.9

/** A stroke holds a pixel that is at least so strong. */
const CORE = 0.5

/** What weighs less than this share of the heaviest is a speck. */
const SPECK = 0.04

/** What touches the border is left out where something else weighs at least this share of it. */
const RIVAL = 0.2

/** A connected set of pixels. */
interface Blob {
  readonly pixels: readonly number[]
  readonly mass: number
  readonly touches: boolean
}

/** The strokes of a plane of ink, made full: without specks, and without what comes in from the border. */
export function kept({ width, height, values }: Plane): Plane | undefined {
  const strong = strongest(values)
  if (strong === 0) return undefined
  const ink = values.map((value) => Math.min(1, value / strong))
  const blobs = blobsOf({ width, height, values: ink })
  const heaviest = (some: readonly Blob[]): number => some.reduce((most, { mass }) => Math.max(most, mass), 0)
  const inside = blobs.filter(({ touches }) => !touches)
  const chosen = heaviest(inside) >= RIVAL * heaviest(blobs) ? inside : blobs
  const least = SPECK * heaviest(chosen)
  const stays = new Uint8Array(ink.length)
  for (const { pixels, mass } of chosen) if (mass >= least) for (const pixel of pixels) stays[pixel] = 1
  // The soft edge of a stroke stays with it.
  const edge = Math.max(1, Math.round(Math.max(width, height) / 100))
  const near = grown(grown(stays, width, height, edge, 1), width, height, edge, width)
  return { width, height, values: ink.map((value, i) => (near[i] ? value : 0)) }
}

/** The strength that a tenth of all ink exceeds; ink is what is above half of the greatest. */
function strongest(values: Float32Array): number {
  let most = 0
  for (const value of values) if (value > most) most = value
  const sorted = values.filter((value) => value > most * CORE).sort()
  return sorted[Math.floor(sorted.length * STRONG)] ?? most
}

/** Connected pixels of ink, also across corners, that hold a strong one. */
function blobsOf({ width, height, values }: Plane): Blob[] {
  const seen = new Uint8Array(values.length)
  const blobs: Blob[] = []
  for (let start = 0; start < values.length; start++) {
    if (seen[start] || values[start]! < CORE) continue
    const pixels = [start]
    seen[start] = 1
    let [mass, touches] = [0, false]
    for (let next = 0; next < pixels.length; next++) {
      const pixel = pixels[next]!
      const [x, y] = [pixel % width, Math.floor(pixel / width)]
      mass += values[pixel]!
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) touches = true
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++)
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const other = row * width + column
          if (seen[other] || values[other]! <= INK) continue
          seen[other] = 1
          pixels.push(other)
        }
    }
    blobs.push({ pixels, mass, touches })
  }
  return blobs
}

/** A mask that reaches `by` pixels farther along one axis; `step` is 1 along a row and the width along a column. */
function grown(mask: Uint8Array, width: number, height: number, by: number, step: number): Uint8Array {
  const length = step === 1 ? width : height
  return mask.map((_, i) => {
    const place = step === 1 ? i % width : Math.floor(i / width)
    for (let off = -Math.min(by, place); off <= Math.min(by, length - 1 - place); off++)
      if (mask[i + off * step]) return 1
    return 0
  })
}
