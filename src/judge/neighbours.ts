/** Which share of one set of vectors lies among the vectors of another one, both ways. */
export interface PrecisionRecall {
  /** The share of drawn images that lie among real ones: how good they are. */
  readonly precision: number
  /** The share of real images that lie among drawn ones: how much of what there is gets drawn. */
  readonly recall: number
}

/**
 * Improved precision and recall (Kynkaanniemi et al. 2019, k = 3) of vectors as rows [N, D]. A vector lies among the others of a
 * set where some member is at least as close to it as that member's k-th neighbour within the set.
 */
export function precisionRecall(
  real: Float32Array,
  drawn: Float32Array,
  size: number,
  { neighbours = 3 }: { readonly neighbours?: number } = {},
): PrecisionRecall {
  const [ofReal, ofDrawn] = [radii(real, size, neighbours), radii(drawn, size, neighbours)]
  const [realCount, drawnCount] = [real.length / size, drawn.length / size]
  const isGood = new Uint8Array(drawnCount)
  const isCovered = new Uint8Array(realCount)
  for (let i = 0; i < realCount; i++)
    for (let j = 0; j < drawnCount; j++) {
      const distance = squaredDistance(real, i * size, drawn, j * size, size)
      if (distance <= ofReal[i]!) isGood[j] = 1
      if (distance <= ofDrawn[j]!) isCovered[i] = 1
    }
  const share = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0) / flags.length
  return { precision: share(isGood), recall: share(isCovered) }
}

/** Of each vector the squared distance to its k-th nearest other one, [N]; with fewer others, to the farthest. */
function radii(rows: Float32Array, size: number, k: number): Float64Array {
  const count = rows.length / size
  const nearest = Array.from({ length: count }, () => new Float64Array(k).fill(Number.POSITIVE_INFINITY))
  for (let i = 0; i < count; i++)
    for (let j = i + 1; j < count; j++) {
      const distance = squaredDistance(rows, i * size, rows, j * size, size)
      insert(nearest[i]!, distance)
      insert(nearest[j]!, distance)
    }
  return Float64Array.from(nearest, (own) => own.findLast(Number.isFinite) ?? 0)
}

/** Keeps the least numbers, in their order. */
function insert(least: Float64Array, value: number): void {
  let place = least.length - 1
  if (value >= least[place]!) return
  for (; place > 0 && least[place - 1]! > value; place--) least[place] = least[place - 1]!
  least[place] = value
}

function squaredDistance(a: Float32Array, from: number, b: Float32Array, to: number, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) {
    const apart = a[from + i]! - b[to + i]!
    sum += apart * apart
  }
  return sum
}
