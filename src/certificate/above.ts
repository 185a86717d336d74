import type { Tensor } from '../graph/index.js'
import type { LayerCertificate } from './certificate.js'
import { broadcastOf } from './certificate.js'
import { largestFlow } from './cut.js'
import type { Network, Vertex } from './network.js'
import type { Meetings } from './products.js'
import { type Bits, bit, carry, components, gather, has, members, type Next, ownerBit } from './reach.js'
import type { Weights } from './weights.js'

type FromAbove = Pick<LayerCertificate['reads'], 'choice' | 'broadcast' | 'feedback'>

interface Given {
  readonly net: Network
  readonly meetings: Meetings
  readonly weights: Weights
  readonly blocks: number
  /** The block that makes the output; undefined: there is none, and what comes from above is feedback. */
  readonly output: number | undefined
  /** In bits a sample. */
  readonly capacity: (v: Vertex) => number
  /** A choice has no more bits. */
  readonly limit: number
  /** Whether a vertex tells no more than a choice, and is no parameter of a block. */
  readonly isNarrow: (v: Vertex) => boolean
  /** Back through programs and through state that belongs to no block. */
  readonly next: Next
  /** The blocks whose weights are in a vertex's product, or in the adjoint of one. */
  readonly crossed: (v: Vertex) => Bits
}

/** Everything that leads to each vertex, by paths that do or do not stop at what tells no more than a choice. */
interface View {
  readonly next: Next
  readonly blocks: (v: Vertex) => Bits
  /** The same without what goes through the output and comes from there. */
  readonly besidesOutput: (v: Vertex) => Bits
  /**
   * Bit c: a path from the output that crosses no products but those of block c; the bit after the last: none at all.
   */
  readonly straight: (v: Vertex) => Bits
  readonly transposed: (v: Vertex) => Bits
}

/**
 * What comes down to each block from the state of blocks above it, and how: for all blocks at once, by few walks over
 * the whole graph. `windows`: the blocks that a block's own derivatives span, which are not above it in this sense.
 */
export function fromAbove(given: Given, windows: readonly Bits[]): FromAbove[] {
  const { net, weights, blocks, output, capacity, limit, isNarrow, next } = given
  const union = (i: number, set: (v: Vertex) => Bits): Bits => net.updates[i]!.reduce((bits, v) => bits | set(v), 0n)
  const aboveOf = (i: number): Bits => (bit(blocks) - 1n) & ~(bit(i + 1) - 1n) & ~windows[i]!
  const reached = gather(components(net.vertices, next), next, ownerBit)
  if (net.updates.every((_, i) => (union(i, reached) & aboveOf(i)) === 0n)) return net.updates.map(() => ({}))

  const all = viewOf(given, next)
  const isSplit = net.vertices.some((v) => isNarrow(v) && all.blocks(v) !== 0n)
  const wide = isSplit ? viewOf(given, (v) => (isNarrow(v) ? [] : next(v))) : all
  const narrow = net.vertices.filter((v) => isNarrow(v) && all.blocks(v) !== 0n)
  const numbers = new Map(narrow.map((v, i) => [v, i]))
  const seedOf = (v: Vertex): Bits => (numbers.has(v) ? bit(numbers.get(v)!) : 0n)
  const entries = narrow.length === 0 ? () => 0n : gather(components(net.vertices, wide.next), wide.next, seedOf)
  const past = pastInputs(given, (v) => (numbers.has(v) ? highestBelow(all.blocks(v), blocks) : 0n))

  const known = new Map<Bits, number>()
  /** The bits of choices that reach a block: first as if every block were above, which serves many blocks at once. */
  const bitsOf = (i: number, above: Bits): number => {
    const from = (set: Bits) => (v: Vertex) => (ownerBit(v) & set) !== 0n
    const own = union(i, entries)
    const ends = members(own, narrow.length)
      .map((k) => narrow[k]!)
      .filter((v) => (all.blocks(v) & above) !== 0n)
    const key = ends.reduce((set, v) => set | seedOf(v), 0n)
    if (!known.has(key)) known.set(key, largestFlow(ends, from(bit(blocks) - 1n), next, capacity, limit))
    const bound = known.get(key)!
    if (bound <= limit) return bound
    const relevant: Next = (v) => next(v).filter((w) => (all.blocks(w) & above) !== 0n)
    return largestFlow(net.updates[i]!, from(above), relevant, capacity)
  }

  return net.updates.map((updates, i): FromAbove => {
    const above = aboveOf(i)
    const any = union(i, all.blocks) & above
    if (any === 0n) return {}
    const byValue = union(i, wide.blocks) & above
    const chosen = any & ~byValue
    const bits = chosen === 0n ? 0 : bitsOf(i, chosen)
    const isChoice = bits <= limit && !has(union(i, past), i)
    const choice = chosen !== 0n && isChoice ? { choice: { blocks: members(chosen, blocks), bits } } : {}
    const rest = isChoice ? byValue : any
    if (rest === 0n) return choice
    const view = isChoice || byValue !== 0n ? wide : all
    const straight = union(i, view.straight)
    const isBroadcast = has(straight, i) || has(straight, blocks)
    const copied = union(i, weights.copies) & rest
    let feedback = (union(i, view.besidesOutput) & rest) | copied
    // What the output sends by way of other blocks is feedback from it as well.
    if (!isBroadcast && output !== undefined) feedback |= rest & bit(output)
    if (!isBroadcast && feedback === 0n) feedback = rest
    if (!isChoice && byValue !== 0n) feedback |= chosen
    const from = (v: Vertex): boolean => (ownerBit(v) & rest) !== 0n
    const relevant: Next = (v) => view.next(v).filter((w) => (view.blocks(w) & rest) !== 0n)
    const transport = copied !== 0n || (union(i, view.transposed) & feedback) !== 0n
    return {
      ...choice,
      ...(isBroadcast && { broadcast: broadcastOf(largestFlow(updates, from, relevant, capacity)) }),
      ...(feedback !== 0n && { feedback: { blocks: members(feedback, blocks), transport } }),
    }
  })
}

function viewOf({ net, meetings, blocks, output, crossed }: Given, next: Next): View {
  const parts = components(net.vertices, next)
  // Units that settle together are no output, though one of them is the last.
  const settling = new Set(parts.filter(({ length }) => length > 1).flat())
  const isOutput = (v: Vertex): boolean => {
    const meeting = meetings.of(v.tensor.node)
    return !!meeting?.isProduct && !meeting.backwards && !meeting.returns && !settling.has(v)
  }
  const ofOutput = new Set(output === undefined ? [] : net.vertices.filter((v) => has(crossed(v), output)))
  const outputs = new Set([...ofOutput].filter(isOutput))
  const own = output === undefined ? 0n : bit(output)
  const besides: Next = (v) => (outputs.has(v) ? [] : next(v))
  // The output's own bias or gain goes with it; its weights, used any other way, are weights of a block above.
  const seed = (v: Vertex): Bits => {
    if (ofOutput.has(v) && !outputs.has(v)) return own
    return ownerBit(v) & ~own
  }
  return {
    next,
    blocks: gather(parts, next, ownerBit),
    besidesOutput: gather(components(net.vertices, besides), besides, seed),
    straight: carry(
      components(net.vertices, besides),
      besides,
      (v) => (outputs.has(v) ? bit(blocks) : 0n),
      (_, v, set) => {
        const by = crossed(v)
        if (by === 0n) return set
        return has(set, blocks) && (by & (by - 1n)) === 0n ? by : set & by
      },
    ),
    transposed: gather(parts, next, meetings.transposed),
  }
}

/** Bit b: a path from a choice, made above block b, that is not part of what block b's products are fed. */
function pastInputs({ net, meetings, next }: Given, seed: (v: Vertex) => Bits): (v: Vertex) => Bits {
  return carry(components(net.vertices, next), next, seed, (w, v, set) => set & ~fedBy(meetings, w, v))
}

/** The blocks whose products this edge feeds: from a tensor to the product, or to the derivative by its weights. */
export function fedBy(meetings: Meetings, w: Vertex, v: Vertex): Bits {
  const { node } = v.tensor
  const meeting = meetings.of(node) ?? (node.adjoint && meetings.of(node.adjoint.of))
  const isFed = (data: readonly Tensor[]): boolean => data.includes(w.tensor)
  return meeting?.isFed && !meeting.isScaled && !meeting.backwards && isFed(meeting.data)
    ? meetings.blocks(meeting, v.lane)
    : 0n
}

const highestBelow = (set: Bits, blocks: number): Bits => {
  let highest = blocks - 1
  while (highest > 0 && !has(set, highest)) highest--
  return bit(highest) - 1n
}
