import type { Directions } from '../session/protocol.js'

/** Rounds of the power iteration: the directions need not be exact. */
const ROUNDS = 40
/** Codes that are told as places. */
const PLACES = 60

/** The mean of vectors, and the two directions in which they differ most (principal components). */
export function directionsOf(vectors: readonly Float32Array[]): Directions {
  const size = vectors[0]!.length
  const mean = new Float32Array(size)
  for (const vector of vectors) for (let i = 0; i < size; i++) mean[i]! += vector[i]! / vectors.length
  const rows = vectors.map((vector) => vector.map((value, i) => value - mean[i]!))
  const first = leading(rows, size)
  const second = leading(
    rows.map((row) => without(row, first.unit)),
    size,
  )
  const placeOf = (row: Float32Array, { unit, deviation }: Direction): number => dot(row, unit) / (deviation || 1)
  const along = ({ unit, deviation }: Direction): Float32Array => unit.map((value) => value * deviation)
  return {
    mean,
    axes: [along(first), along(second)],
    places: rows.slice(0, PLACES).map((row) => [placeOf(row, first), placeOf(row, second)] as const),
  }
}

interface Direction {
  readonly unit: Float32Array
  readonly deviation: number
}

const dot = (a: Float32Array, b: Float32Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function without(row: Float32Array, unit: Float32Array): Float32Array {
  const along = dot(row, unit)
  return row.map((value, i) => value - along * unit[i]!)
}

/** The direction of the largest variance: rows times their products with it, again and again. */
function leading(rows: readonly Float32Array[], size: number): Direction {
  // Any start that is no axis.
  let unit = Float32Array.from({ length: size }, (_, i) => Math.sin(i + 1))
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Float32Array(size)
    for (const row of rows) {
      const along = dot(row, unit)
      for (let i = 0; i < size; i++) next[i]! += along * row[i]!
    }
    const length = Math.sqrt(dot(next, next))
    // All rows are alike: there is no direction.
    if (!(length > 0)) return { unit: new Float32Array(size), deviation: 0 }
    unit = next.map((value) => value / length)
  }
  const squares = rows.reduce((sum, row) => sum + dot(row, unit) ** 2, 0)
  return { unit, deviation: Math.sqrt(squares / rows.length) }
}
