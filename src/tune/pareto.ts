/** Points of several losses each, all to be small. */
type Points = readonly (readonly number[])[]

/** Whether `a` is nowhere worse than `b`, and better somewhere. */
export const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => value <= b[i]!) && a.some((value, i) => value < b[i]!)

/** The places of the points that no other one dominates: the Pareto front. */
export const paretoFront = (points: Points): number[] =>
  [...points.keys()].filter((i) => !points.some((other) => dominates(other, points[i]!)))

/** The rank of each point: 0 on the front, 1 on the front of the rest, and so on. */
export function ranksOf(points: Points): number[] {
  const ranks = new Array<number>(points.length).fill(0)
  let left = [...points.keys()]
  for (let rank = 0; left.length > 0; rank++) {
    const front = new Set(paretoFront(left.map((i) => points[i]!)).map((place) => left[place]!))
    for (const i of front) ranks[i] = rank
    left = left.filter((i) => !front.has(i))
  }
  return ranks
}

/** How far each point's neighbours are in every loss, in parts of its range (Deb et al. 2002): ends are infinitely far. */
export function crowding(points: Points): number[] {
  const distances = new Array<number>(points.length).fill(0)
  for (let loss = 0; loss < (points[0]?.length ?? 0); loss++) {
    const sorted = [...points.keys()].sort((a, b) => points[a]![loss]! - points[b]![loss]!)
    const at = (rank: number): number => points[sorted[rank]!]![loss]!
    const range = at(sorted.length - 1) - at(0) || 1
    for (const [rank, i] of sorted.entries()) {
      const isEnd = rank === 0 || rank === sorted.length - 1
      distances[i]! += isEnd ? Number.POSITIVE_INFINITY : (at(rank + 1) - at(rank - 1)) / range
    }
  }
  return distances
}
