import type { Node, Tensor } from '../graph/index.js'
import { isElementwise, mixes, PRODUCTS, SCALING, sameKind, summedAxis } from './mixing.js'
import type { Network, Vertex } from './network.js'
import { type Bits, bit, carry, components, gather, members, type Next } from './reach.js'
import { slicesRead } from './slices.js'

/** Where weights, made of state alone, meet what a network computes from data. */
export interface Meeting {
  readonly node: Node
  /** The names of the state in the weights. */
  readonly names: readonly string[]
  readonly weights: readonly Tensor[]
  /** What the weights are applied to. */
  readonly data: readonly Tensor[]
  /** A layer's product, also where it is written as a multiplication and a sum; else a bias, a gain and their like. */
  readonly isProduct: boolean
  /** Weights multiply the data, so that it is part of what they are fed: a product or a gain, but no bias. */
  readonly isFed: boolean
  /** Carries something down: a symmetric weight, here summed over the axis that it sends to when the input drives it. */
  readonly backwards: boolean
  /** Comes after a product of the same weights that sums over their other axis. */
  readonly returns: boolean
}

export type Crossing = Pick<Meeting, 'node' | 'weights' | 'isProduct'>

type Found = Omit<Meeting, 'backwards' | 'returns'>

export interface Meetings {
  readonly all: readonly Meeting[]
  of(node: Node): Meeting | undefined
  /** The same, also for a node that `grad` made: a derivative may itself be part of a forward pass. */
  crossing(node: Node): Crossing | undefined
  /** The blocks whose weights the slice `lane` of this meeting's result is made with. */
  blocks(meeting: Crossing, lane: number | undefined): Bits
  /** The vertices of what a node gives. */
  results(node: Node): readonly Vertex[]
  /** The blocks that are part of what a meeting's weights are applied to. */
  feeders(meeting: Meeting): Bits
  /** The most products of a block on one chain, in whatever direction they are used; a loop counts once. */
  inside(block: number): number
  /** The blocks whose parameters a tensor is made of, without data or number by number. */
  owners(v: Vertex): Bits
  /** The blocks whose parameters are in it number by number. */
  copies(v: Vertex): Bits
  /** Vertices whose product uses a block's forward weight transposed; the blocks. */
  transposed(v: Vertex): Bits
}

/**
 * State of two axes or more that a tensor is made of, number by number, whatever else is in it; of state that belongs to
 * no block, also what it was made from: a copy, a moving average.
 */
function scaledState(v: Vertex, known: Map<Vertex, readonly Vertex[]>): readonly Vertex[] {
  const before = known.get(v)
  if (before) return before
  known.set(v, [])
  const found = [...new Set(scaledIn(v, known))]
  known.set(v, found)
  return found
}

function scaledIn(v: Vertex, known: Map<Vertex, readonly Vertex[]>): readonly Vertex[] {
  if (v.state) {
    if (v.tensor.rank < 2) return []
    const copied = v.state.owner >= 0 ? [] : v.state.written.flatMap((w) => scaledState(w, known))
    return [v, ...copied.filter(isOwned)]
  }
  const { node, size } = v.tensor
  const sliced = v.sources.length > 0 && v.sources.every((w) => w.tensor === v.tensor)
  const keeps = sliced || SCALING.has(node.op)
  if (!keeps && node.op !== 'select' && !isElementwise(node)) return []
  const found = v.sources.filter(({ tensor }) => tensor.size === size).flatMap((w) => scaledState(w, known))
  // Parameters that something of the batch is added to are parameters still; activities that are kept are none.
  return keeps ? found : found.filter(isOwned)
}

const unowned = ({ state }: Vertex): Vertex['state'] => (state && state.owner < 0 ? state : undefined)

const isOwned = ({ state }: Vertex): boolean => (state?.owner ?? -1) >= 0

const isData = ({ node: { op, attributes } }: Tensor): boolean =>
  op === 'input' && (attributes.kind === 'data' || attributes.kind === 'labels')

/**
 * `trained`: whether state of this name is made from its own old value. `next`: back through programs and through state
 * that belongs to no block.
 */
export function meetingsOf(
  net: Network,
  blocks: number,
  trained: (name: string) => boolean,
  next: Next,
  counted: (next: Next) => Next,
): Meetings {
  const within = counted((v) => v.sources)
  const parts = components(net.vertices, within)
  const names = [...new Set(net.vertices.flatMap(({ state }) => (state ? [state.name] : [])))]
  const number = new Map(names.map((name, i) => [name, i]))
  const nameBit = ({ state }: Vertex): Bits => (state ? bit(number.get(state.name)!) : 0n)
  // Of which blocks; and, beyond those, whether data is in it.
  const dataBit = bit(blocks)
  const ownerOrData = (v: Vertex): Bits => ownerBit(v) | (isData(v.tensor) ? dataBit : 0n)
  // State that is made of other state alone, or number by number, is a copy of it.
  const throughState = components(net.vertices, next)
  const everMade = gather(throughState, next, ownerOrData)
  const everNamed = gather(throughState, next, (v) => (isOwned(v) ? nameBit(v) : 0n))
  const scaled = new Map<Vertex, readonly Vertex[]>()
  const copied = (v: Vertex, all: (v: Vertex) => Bits, own: (v: Vertex) => Bits): Bits => {
    if (!v.state || isOwned(v)) return own(v)
    if ((everMade(v) & dataBit) === 0n) return own(v) | all(v)
    return scaledState(v, scaled).reduce((set, w) => set | own(w), own(v))
  }
  const nameBits = gather(parts, within, (v) => copied(v, everNamed, nameBit))
  const made = gather(parts, within, (v) => copied(v, everMade, ownerOrData))
  const copies = (v: Vertex): Bits => scaledState(v, scaled).reduce((set, state) => set | ownerBit(state), 0n)
  const owners = (v: Vertex): Bits => (made(v) & dataBit ? copies(v) : made(v))

  const verticesOf = (x: Tensor): readonly Vertex[] => {
    const whole = net.of(x)
    return whole.some(Boolean) ? whole : net.of(x, net.isCut(x) ? Array.from({ length: x.shape[0]! }, (_, i) => i) : [])
  }
  const namesIn = (set: Bits): string[] => {
    const list: string[] = []
    for (let rest = set; rest !== 0n; rest &= rest - 1n) list.push(names[(rest & -rest).toString(2).length - 1]!)
    return list
  }
  const ownedNames = new Set(net.vertices.flatMap(({ state }) => (state && state.owner >= 0 ? [state.name] : [])))
  const operandNames = new Map<Tensor, readonly string[]>()
  /** The names of the state that makes an operand weights: of state alone, or state scaled. */
  const weightNames = (x: Tensor): readonly string[] => {
    const before = operandNames.get(x)
    if (before) return before
    const own = verticesOf(x)
    const alone = own.every((v) => !(made(v) & dataBit))
    const set = (alone ? own : own.flatMap((v) => scaledState(v, scaled))).reduce((all, v) => all | nameBits(v), 0n)
    const result = set === 0n ? [] : namesIn(set).filter((name) => ownedNames.has(name) || trained(name))
    operandNames.set(x, result)
    return result
  }

  const nodes = [...new Set(net.vertices.map(({ tensor }) => tensor.node))].sort((a, b) => a.id - b.id)
  const users = new Map<Tensor, Node[]>()
  for (const node of nodes) for (const x of new Set(node.inputs)) users.set(x, [...(users.get(x) ?? []), node])

  /** Where a block's weights meet state of no block, that state is what they are applied to. */
  const weightsAmong = (candidates: readonly Tensor[]): readonly Tensor[] => {
    const all = candidates.filter((x) => weightNames(x).length > 0)
    const owned = all.filter((x) => weightNames(x).some((name) => ownedNames.has(name)))
    return owned.length > 0 ? owned : all
  }
  const found: Found[] = []
  for (const node of nodes) {
    const elementwise = isElementwise(node) && node.inputs.length > 1
    if (node.adjoint || !(PRODUCTS.has(node.op) || elementwise)) continue
    const candidates = node.op === 'gather' ? node.inputs.slice(0, 1) : node.inputs
    const weights = weightsAmong(candidates)
    const data = node.inputs.filter((x) => !weights.includes(x))
    if (weights.length === 0 || (elementwise && !data.some((x) => verticesOf(x).some((v) => made(v) & dataBit))))
      continue
    // A sum of losses is no place where one block's derivative crosses another block.
    if (elementwise && node.outputs[0]!.size === 1) continue
    const isProduct = !elementwise || weights.some((w) => mixes(node, w, data, (x) => users.get(x) ?? []))
    found.push({
      node,
      weights,
      data,
      names: [...new Set(weights.flatMap(weightNames))],
      isProduct,
      isFed: !elementwise || SCALING.has(node.op),
    })
  }
  const byName = new Map<string, Found[]>()
  for (const meeting of found)
    if (meeting.isProduct) for (const name of meeting.names) byName.set(name, [...(byName.get(name) ?? []), meeting])

  // A product is driven where the input reaches its operand by values, and not through products of the same weights.
  const floats = counted((v) => (v.tensor.dtype === 'float32' ? v.sources : []))
  const uses = new Map<Node, Bits>()
  for (const { node, names: own, isProduct } of found)
    if (isProduct)
      uses.set(
        node,
        own.reduce((set, name) => set | bit(number.get(name)!), 0n),
      )
  const everyName = bit(names.length) - 1n
  const needed = [...byName.values()].some((list) => list.length > 1)
  const floatParts = needed ? components(net.vertices, floats) : []
  const fromInput = carry(
    floatParts,
    floats,
    ({ tensor: { node } }) => (node.op === 'input' && node.attributes.kind === 'data' ? everyName : 0n),
    (_, v, set) => set & ~(uses.get(v.tensor.node) ?? 0n),
  )
  const driven = new Set(
    found.filter(({ node, data }) =>
      data.some((x) => verticesOf(x).some((v) => (fromInput(v) & (uses.get(node) ?? 0n)) !== 0n)),
    ),
  )
  const before = (x: Tensor): readonly Tensor[] =>
    verticesOf(x).flatMap((v) => unowned(v)?.written.map(({ tensor }) => tensor) ?? x.node.inputs)
  const summed = (node: Node, name: string): number | undefined =>
    summedAxis(node, {
      before,
      isIn: (x) => weightNames(x).includes(name),
      isEnd: (x) => verticesOf(x).some(({ state }) => state?.name === name),
    })
  const areOpposite = (a: Found, b: Found): boolean => {
    const shared = a.names.filter((name) => b.names.includes(name))
    return a !== b && sameKind(a.node, b.node) && shared.every((name) => summed(a.node, name) !== summed(b.node, name))
  }
  const rivals = (p: Found): readonly Found[] => (p.isProduct ? p.names.flatMap((name) => byName.get(name) ?? []) : [])
  const all = found.map((p): Meeting => {
    const opposite = rivals(p).filter((other) => driven.has(other) && areOpposite(p, other))
    const returns = opposite.some(({ node }) => node.id < p.node.id)
    return { ...p, returns, backwards: !driven.has(p) && opposite.length > 0 }
  })
  const byNode = new Map(all.map((meeting) => [meeting.node, meeting]))

  const operandBlocks = (node: Node, weights: readonly Tensor[], lane: number | undefined): Bits => {
    let set = 0n
    node.inputs.forEach((x, k) => {
      if (!weights.includes(x)) return
      const slices =
        lane !== undefined && net.isCut(node.outputs[0]!) ? slicesRead(node, k, lane, net.isCut) : undefined
      for (const v of slices ? net.of(x, slices) : verticesOf(x)) set |= owners(v)
    })
    return set
  }
  const forwardAxis = new Map<string, { kind: Node; axis: number | undefined }>()
  for (const { node, names: own, backwards, isProduct } of all)
    if (!backwards && isProduct)
      for (const name of own)
        if (!forwardAxis.has(name)) forwardAxis.set(name, { kind: node, axis: summed(node, name) })
  const transposedNodes = new Map<Node, boolean>()
  const isTransposed = (node: Node): boolean =>
    PRODUCTS.has(node.op) &&
    node.op !== 'gather' &&
    node.inputs.some((x) =>
      weightNames(x).some((name) => {
        const forward = forwardAxis.get(name)
        if (!forward || !sameKind(node, forward.kind)) return false
        const axis = summed(node, name)
        return axis !== undefined && axis !== forward.axis
      }),
    )
  const crossings = new Map<Node, Crossing | undefined>(byNode)
  const crossing = (node: Node): Crossing | undefined => {
    if (!crossings.has(node)) {
      const weights = node.adjoint && PRODUCTS.has(node.op) ? node.inputs.filter((x) => weightNames(x).length > 0) : []
      crossings.set(node, weights.length > 0 ? { node, weights, isProduct: true } : undefined)
    }
    return crossings.get(node)
  }

  const byBlock = Array.from({ length: blocks }, (): Meeting[] => [])
  for (const meeting of all)
    if (meeting.isProduct && meeting.node.op !== 'gather')
      for (const block of members(operandBlocks(meeting.node, meeting.weights, undefined), blocks))
        byBlock[block]!.push(meeting)
  const inside = (block: number): number => {
    const chain = byBlock[block]!
    const setOf = (list: readonly Tensor[]): Bits => list.flatMap(verticesOf).reduce((set, v) => set | nameBits(v), 0n)
    const links = chain.map(({ weights, data }) => ({ weights: setOf(weights), data: setOf(data) }))
    const known = new Map<number, number>()
    const length = (i: number): number => {
      if (known.has(i)) return known.get(i)!
      known.set(i, 0)
      const before = links.flatMap((link, k) => {
        const follows = (links[i]!.data & link.weights) !== 0n && (link.weights & links[i]!.weights) === 0n
        return follows ? [length(k)] : []
      })
      known.set(i, 1 + Math.max(0, ...before))
      return known.get(i)!
    }
    return Math.max(0, ...chain.map((_, i) => length(i)))
  }
  return {
    all,
    of: (node) => byNode.get(node),
    crossing,
    inside,
    results: ({ outputs }) => outputs.flatMap(verticesOf),
    feeders: ({ data }) => data.flatMap(verticesOf).reduce((set, v) => set | made(v), 0n) & (dataBit - 1n),
    blocks: ({ node, weights }, lane) => operandBlocks(node, weights, lane),
    owners,
    copies,
    transposed({ tensor: { node }, lane }) {
      if (!transposedNodes.has(node)) transposedNodes.set(node, isTransposed(node))
      if (!transposedNodes.get(node)) return 0n
      return operandBlocks(
        node,
        node.inputs.filter((x) => weightNames(x).length > 0),
        lane,
      )
    },
  }
}

export const ownerBit = ({ state }: Vertex): Bits => (state && state.owner >= 0 ? bit(state.owner) : 0n)
