import type { Vertex } from './network.js'
import type { Next } from './reach.js'

/** The two sides of a vertex: towards the end, and towards the beginning. A step between them takes of its capacity. */
type Side = 'end' | 'start'

/**
 * How much can flow from the `starts` to the `ends`, where each vertex lets through no more than its capacity: the
 * largest flow, which is the smallest cut. What is chosen once and used in three places counts once. Stops above
 * `most`.
 */
export function largestFlow(
  ends: readonly Vertex[],
  isStart: (v: Vertex) => boolean,
  next: Next,
  capacity: (v: Vertex) => number,
  most = Number.POSITIVE_INFINITY,
): number {
  const through = new Map<Vertex, number>()
  /** Of each vertex, to whom it gives, and how much. */
  const given = new Map<Vertex, Map<Vertex, number>>()
  const add = <T>(map: Map<T, number>, key: T, amount: number): void => {
    map.set(key, (map.get(key) ?? 0) + amount)
  }
  let flow = 0
  while (flow <= most) {
    const path = findPath(ends, isStart, next, (v) => capacity(v) - (through.get(v) ?? 0), through, given)
    if (!path) break
    const amount = Math.min(...path.map(({ room }) => room))
    if (amount === Number.POSITIVE_INFINITY) return amount
    for (const { from, to, kind } of path) {
      if (kind === 'through') add(through, to, amount)
      if (kind === 'back') add(through, to, -amount)
      if (kind === 'give' || kind === 'undo') {
        const [giver, taker] = kind === 'give' ? [to, from!] : [from!, to]
        given.set(giver, given.get(giver) ?? new Map())
        add(given.get(giver)!, taker, kind === 'give' ? amount : -amount)
      }
    }
    flow += amount
  }
  return flow
}

interface Step {
  readonly from: Vertex | undefined
  readonly to: Vertex
  readonly kind: 'begin' | 'through' | 'back' | 'give' | 'undo'
  readonly room: number
}

/** The shortest way from an end to a start on which there is room; flow that is there may be sent another way. */
function findPath(
  ends: readonly Vertex[],
  isStart: (v: Vertex) => boolean,
  next: Next,
  left: (v: Vertex) => number,
  through: ReadonlyMap<Vertex, number>,
  given: ReadonlyMap<Vertex, ReadonlyMap<Vertex, number>>,
): Step[] | undefined {
  type Place = { v: Vertex; side: Side; step: Step; before: Place | undefined }
  const seen = { end: new Set<Vertex>(), start: new Set<Vertex>() }
  const queue: Place[] = []
  const visit = (side: Side, step: Step, before: Place | undefined): void => {
    if (step.room <= 1e-9 || seen[side].has(step.to)) return
    seen[side].add(step.to)
    queue.push({ v: step.to, side, step, before })
  }
  for (const to of ends) visit('end', { from: undefined, to, kind: 'begin', room: Number.POSITIVE_INFINITY }, undefined)
  for (const place of queue) {
    const { v, side } = place
    if (side === 'end' && isStart(v)) {
      const path: Step[] = []
      for (let at: Place | undefined = place; at; at = at.before) path.push(at.step)
      return path
    }
    if (side === 'end') {
      visit('start', { from: v, to: v, kind: 'through', room: left(v) }, place)
      for (const [to, room] of given.get(v) ?? []) visit('start', { from: v, to, kind: 'undo', room }, place)
    } else {
      for (const to of next(v)) visit('end', { from: v, to, kind: 'give', room: Number.POSITIVE_INFINITY }, place)
      visit('end', { from: v, to: v, kind: 'back', room: through.get(v) ?? 0 }, place)
    }
  }
  return undefined
}
