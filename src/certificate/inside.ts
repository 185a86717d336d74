import type { Node } from '../graph/index.js'
import { iterations, type Network, type Vertex } from './network.js'
import type { Meeting, Meetings } from './products.js'
import { bit, components, gather, members, type Next } from './reach.js'

/** How often a product counts, by product. */
type Products = Map<Vertex, number>

/**
 * The most products of each block on one chain, in whatever direction they are used. What follows what is read from the
 * graph and not from names: layers kept in one tensor, or one weight used again, are products of their own. A loop counts
 * once, with all products of its body, since each may follow any other an iteration later; but weights that are taken
 * anew in every iteration, as from a stack of layers, count every time. `back`: from what is computed to what it is made
 * from.
 */
export function insides(net: Network, meetings: Meetings, blocks: number, back: Next): number[] {
  const isLayer = ({ isProduct, node }: Meeting): boolean => isProduct && node.op !== 'gather'
  const layers = new Map<Node, Meeting>(meetings.all.filter(isLayer).map((own) => [own.node, own]))
  const times = iterations([...new Set(net.vertices.map(({ tensor }) => tensor.node))])
  const slices = slicesOf(net)
  const ofBlock = Array.from({ length: blocks }, (): Products => new Map())
  for (const v of net.vertices) {
    const meeting = layers.get(v.tensor.node)
    // Of a stack its slices count, and not the whole besides.
    if (!meeting || (v.lane === undefined && net.isCut(v.tensor))) continue
    const taken = Math.max(...meeting.weights.map(({ node }) => times(node)))
    for (const block of members(meetings.blocks(meeting, v.lane), blocks))
      ofBlock[block]!.set(v, Math.min(taken, slices(meeting.names, block)))
  }
  const many = ofBlock.filter(({ size }) => size > 1).flatMap((own) => [...own.keys()])
  const numbers = new Map([...new Set(many)].map((v, i) => [v, bit(i)]))
  const upTo = numbers.size > 0 ? gather(components(net.vertices, back), back, (v) => numbers.get(v) ?? 0n) : () => 0n
  return ofBlock.map((own) => longest(own, (v, w) => v === w || (upTo(v) & (numbers.get(w) ?? 0n)) !== 0n))
}

/** Of the state of these names, the slices that are a block's; of state that is not cut there may be any number. */
function slicesOf(net: Network): (names: readonly string[], block: number) => number {
  const known = new Map<string, Set<number | undefined>>()
  for (const { state, lane } of net.vertices) {
    const key = state && `${state.owner} ${state.name}`
    if (key) known.set(key, (known.get(key) ?? new Set()).add(lane))
  }
  return (names, block) => {
    const lanes = names.map((name) => known.get(`${block} ${name}`) ?? new Set([undefined]))
    return lanes.reduce((sum, own) => sum + (own.has(undefined) ? Number.POSITIVE_INFINITY : own.size), 0)
  }
}

/** The longest chain, where `holds` tells whether something is, or comes after, another: a circle, if so both ways. */
function longest(products: Products, holds: (v: Vertex, w: Vertex) => boolean): number {
  const all = [...products.keys()]
  const upTo = new Map(all.map((v) => [v, all.filter((w) => holds(v, w))]))
  const lengths = new Map<Vertex, number>()
  // What comes earlier has less before it.
  for (const v of all.toSorted((a, b) => upTo.get(a)!.length - upTo.get(b)!.length)) {
    const [circle, earlier] = [true, false].map((both) => upTo.get(v)!.filter((w) => holds(w, v) === both))
    const most = Math.max(0, ...earlier!.map((w) => lengths.get(w)!))
    lengths.set(
      v,
      circle!.reduce((sum, w) => sum + products.get(w)!, most),
    )
  }
  return Math.max(0, ...lengths.values())
}
