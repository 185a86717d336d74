import { gradientOf, type Node } from '../graph/index.js'
import { isElementwise } from './mixing.js'
import { iterations, type Network, type Vertex } from './network.js'
import type { Meetings } from './products.js'
import { type Bits, bit, components, gather, has, type Next } from './reach.js'
import type { Weights } from './weights.js'

/** How far the derivatives of each block's own parameters go. */
export interface Reach {
  /** The blocks whose weights they cross, the block itself among them. */
  readonly window: Bits
  /** The most products on one chain. */
  readonly depth: number
}

/** From the gradients of parameters, as `grad` handed them out, along adjoints of the same call. */
export function derivatives(
  net: Network,
  { owners: ownersOf }: Pick<Weights, 'owners'>,
  meetings: Meetings,
  blocks: number,
  counted: (next: Next) => Next,
): Reach[] {
  const along = counted((v) => {
    const own = v.tensor.node.adjoint
    return own ? v.sources.filter(({ tensor }) => tensor.node.adjoint?.call === own.call) : []
  })
  const adjoints = net.vertices.filter(({ tensor }) => tensor.node.adjoint)
  const parts = components(adjoints, along)
  const crossed = gather(parts, along, ({ tensor, lane }) => {
    const { of } = tensor.node.adjoint!
    const meeting = meetings.crossing(of)
    // A sum has no derivative of its own to be found: what it is made for tells it, as in the square of a distance.
    const sum = isElementwise(of) && of.inputs.length === 1 ? meetings.of(of.inputs[0]!.node) : undefined
    const isSum = sum && !sum.isProduct && !sum.isFed
    return (meeting ? meetings.blocks(meeting, lane) : 0n) | (isSum ? meetings.blocks(sum, lane) : 0n)
  })
  const depths = depthsOf(parts, along, meetings)

  const result: { window: Bits; depth: number }[] = Array.from({ length: blocks }, (_, i) => ({
    window: bit(i),
    depth: 0,
  }))
  for (const v of net.vertices) {
    const sources = gradientOf(v.tensor)
    if (sources.length === 0) continue
    const lanes = v.lane === undefined ? undefined : [v.lane]
    const owners = sources
      .flatMap((source) => net.of(source, lanes && net.isCut(source) ? lanes : undefined))
      .reduce((all, source) => all | ownersOf(source), 0n)
    for (let i = 0; i < blocks; i++)
      if (has(owners, i)) {
        result[i]!.window |= crossed(v)
        result[i]!.depth = Math.max(result[i]!.depth, depths.get(v) ?? 0)
      }
  }
  return result
}

/** The most products behind each adjoint. What an iteration adds to a chain counts as often as its loop runs. */
function depthsOf(parts: readonly Vertex[][], along: Next, meetings: Meetings): ReadonlyMap<Vertex, number> {
  const isProduct = (node: Node): boolean => node.op !== 'gather' && (meetings.crossing(node)?.isProduct ?? false)
  const depths = new Map<Vertex, number>()
  const times = iterations(parts.flat().map(({ tensor }) => tensor.node))
  for (const part of parts) {
    const inside = new Set(part)
    const own = ({ tensor }: Vertex): Node => tensor.node.adjoint!.of
    const step = (v: Vertex, w: Vertex): number => (isProduct(own(v)) && own(w) !== own(v) ? 1 : 0)
    if (part.length === 1) {
      const [v] = part as [Vertex]
      depths.set(
        v,
        along(v).reduce((most, w) => Math.max(most, depths.get(w)! + step(v, w)), isProduct(own(v)) ? 1 : 0),
      )
      continue
    }
    // Within one iteration: the chain ends where the loop's parameters begin.
    const before = Math.max(
      0,
      ...part.flatMap((v) =>
        along(v)
          .filter((w) => !inside.has(w))
          .map((w) => depths.get(w)!),
      ),
    )
    const isParameter = ({ tensor: { node } }: Vertex): boolean => node.op === 'input'
    const cut: Next = (v) => (isParameter(v) ? [] : along(v).filter((w) => inside.has(w)))
    const once = new Map<Vertex, number>()
    for (const [v] of components(part, cut) as [Vertex][])
      once.set(
        v,
        cut(v).reduce((most, w) => Math.max(most, once.get(w)! + step(v, w)), isProduct(own(v)) ? 1 : 0),
      )
    const longest = Math.max(...once.values()) * Math.max(...part.map(({ tensor }) => times(tensor.node)))
    for (const v of part) depths.set(v, before + longest)
  }
  return depths
}
