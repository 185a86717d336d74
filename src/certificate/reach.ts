import type { Vertex } from './network.js'

export type Next = (v: Vertex) => readonly Vertex[]

/** What `next` makes reachable of itself, together; those that others lead to come first. */
export function components(vertices: Iterable<Vertex>, next: Next): Vertex[][] {
  const order = new Map<Vertex, number>()
  const low = new Map<Vertex, number>()
  const waiting = new Set<Vertex>()
  const path: Vertex[] = []
  const found: Vertex[][] = []
  for (const start of vertices) {
    if (order.has(start)) continue
    const calls: { v: Vertex; rest: readonly Vertex[]; at: number }[] = []
    const enter = (v: Vertex): void => {
      order.set(v, order.size)
      low.set(v, order.get(v)!)
      waiting.add(v)
      path.push(v)
      calls.push({ v, rest: next(v), at: 0 })
    }
    enter(start)
    for (let call = calls.at(-1); call; call = calls.at(-1)) {
      const { v } = call
      const w = call.rest[call.at++]
      if (w) {
        if (!order.has(w)) enter(w)
        else if (waiting.has(w)) low.set(v, Math.min(low.get(v)!, order.get(w)!))
        continue
      }
      calls.pop()
      const above = calls.at(-1)
      if (above) low.set(above.v, Math.min(low.get(above.v)!, low.get(v)!))
      if (low.get(v) !== order.get(v)) continue
      const own = path.splice(path.lastIndexOf(v))
      for (const w of own) waiting.delete(w)
      found.push(own)
    }
  }
  return found
}

/** A set of numbers, as the bits of one: sets of blocks, or of names. */
export type Bits = bigint

export const bit = (i: number): Bits => 1n << BigInt(i)

/** The block that a vertex of state belongs to. */
export const ownerBit = ({ state }: Vertex): Bits => (state && state.owner >= 0 ? bit(state.owner) : 0n)

export const has = (set: Bits, i: number): boolean => (set & bit(i)) !== 0n

/** The members below `count`, rising. */
export const members = (set: Bits, count: number): number[] =>
  Array.from({ length: count }, (_, i) => i).filter((i) => has(set, i))

/** For each vertex, what all of those that it depends on by `next` have as their seeds, together. */
export function gather(parts: readonly Vertex[][], next: Next, seed: (v: Vertex) => Bits): (v: Vertex) => Bits {
  const sets = new Map<Vertex, Bits>()
  for (const part of parts) {
    let all = 0n
    for (const v of part) {
      all |= seed(v)
      for (const w of next(v)) all |= sets.get(w) ?? 0n
    }
    for (const v of part) sets.set(v, all)
  }
  return (v) => sets.get(v) ?? 0n
}

/** The same where an edge from `w` to `v` takes some away or makes others of them. */
export function carry(
  parts: readonly Vertex[][],
  next: Next,
  seed: (v: Vertex) => Bits,
  edge: (w: Vertex, v: Vertex, set: Bits) => Bits,
): (v: Vertex) => Bits {
  const sets = new Map<Vertex, Bits>()
  const value = (v: Vertex): Bits => {
    let all = seed(v)
    for (const w of next(v)) {
      const set = sets.get(w)
      if (set) all |= edge(w, v, set)
    }
    return all
  }
  for (const part of parts) {
    if (part.length === 1) {
      sets.set(part[0]!, value(part[0]!))
      continue
    }
    const inside = new Set(part)
    const users = new Map<Vertex, Vertex[]>(part.map((v) => [v, []]))
    for (const v of part) for (const w of next(v)) if (inside.has(w)) users.get(w)!.push(v)
    const open = new Set(part)
    for (const v of open) {
      open.delete(v)
      const after = value(v)
      if (after === (sets.get(v) ?? 0n)) continue
      sets.set(v, after)
      for (const user of users.get(v)!) open.add(user)
    }
  }
  return (v) => sets.get(v) ?? 0n
}
