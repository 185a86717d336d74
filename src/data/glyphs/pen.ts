/** A rasteriser for pen strokes: grey images of `SIZE` x `SIZE` float64 pixels from 0 (paper) to 1 (ink). */

export const SIZE = 28

/** Pieces into which the path between two neighbouring points is cut, so that it can be bent. */
const PIECES = 6

/**
 * The points of a path through `points` (x, y, x, y, ...), in short pieces: straight from point to point, or a smooth
 * curve (a Catmull-Rom spline, its ends doubled).
 */
export function trace(points: ArrayLike<number>, smooth: boolean): Float64Array {
  const last = points.length / 2 - 1
  const path = new Float64Array(2 * (last * PIECES + 1))
  let next = 0
  for (let i = 0; i < last; i++) {
    for (let piece = 0; piece < PIECES; piece++) {
      const t = piece / PIECES
      for (let axis = 0; axis < 2; axis++) {
        const p0 = points[2 * Math.max(0, i - 1) + axis]!
        const p1 = points[2 * i + axis]!
        const p2 = points[2 * i + 2 + axis]!
        const p3 = points[2 * Math.min(last, i + 2) + axis]!
        path[next++] = smooth
          ? p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
          : p1 + t * (p2 - p1)
      }
    }
  }
  path[next++] = points[2 * last]!
  path[next] = points[2 * last + 1]!
  return path
}

/**
 * Draws a path (x, y in pixels) with a round pen whose radius goes from `radius0` to `radius1` and whose edge falls
 * from ink to paper over `softness` pixels. Where strokes cross, the darker one stays.
 */
export function draw(
  image: Float64Array,
  path: Float64Array,
  radius0: number,
  radius1: number,
  softness: number,
): void {
  const segments = path.length / 2 - 1
  for (let segment = 0; segment < segments; segment++) {
    const x0 = path[2 * segment]!
    const y0 = path[2 * segment + 1]!
    const dx = path[2 * segment + 2]! - x0
    const dy = path[2 * segment + 3]! - y0
    const radius = radius0 + ((radius1 - radius0) * (segment + 0.5)) / segments
    const reach = radius + softness / 2
    const length2 = Math.max(dx * dx + dy * dy, 1e-12)
    const top = Math.max(0, Math.ceil(Math.min(y0, y0 + dy) - reach))
    const bottom = Math.min(SIZE - 1, Math.floor(Math.max(y0, y0 + dy) + reach))
    const left = Math.max(0, Math.ceil(Math.min(x0, x0 + dx) - reach))
    const right = Math.min(SIZE - 1, Math.floor(Math.max(x0, x0 + dx) + reach))
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        // The distance to the nearest point of the segment.
        const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length2))
        const offX = x - x0 - along * dx
        const offY = y - y0 - along * dy
        const distance2 = offX * offX + offY * offY
        if (distance2 >= reach * reach) continue
        const ink = Math.min(1, (reach - Math.sqrt(distance2)) / softness)
        const place = y * SIZE + x
        if (ink > image[place]!) image[place] = ink
      }
    }
  }
}
