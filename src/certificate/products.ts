import { type Node, reachable, type Tensor } from '../graph/index.js'
import { summedAxes } from './axes.js'
import { isElementwise, mixes, PRODUCTS, SCALING } from './mixing.js'
import type { Network, Vertex } from './network.js'
import { type Bits, carry, components, type Next } from './reach.js'
import { slicesRead } from './slices.js'
import type { Weights } from './weights.js'

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
  /** What comes of it are weights still, number by number: what scales them is not what they are fed. */
  readonly isScaled: boolean
  /**
   * Carries something down: a symmetric weight, here summed over the axis that it sends to when the input drives it.
   */
  readonly backwards: boolean
  /** Comes after a product of the same weights that sums over their other axis, or may do so. */
  readonly returns: boolean
}

export type Crossing = Pick<Meeting, 'node' | 'weights' | 'isProduct'>

type Found = Omit<Meeting, 'backwards' | 'returns'>

export interface Meetings {
  readonly all: readonly Meeting[]
  of(node: Node): Meeting | undefined
  /**
   * The same, also for a node that `grad` made, since a derivative may itself be part of a forward pass, and for one
   * whose result nobody reads but whose derivative is taken: a loop that is traced again for its gradient has such ones.
   */
  crossing(node: Node): Crossing | undefined
  /** The blocks whose weights the slice `lane` of this meeting's result is made with. */
  blocks(meeting: Crossing, lane: number | undefined): Bits
  /** The blocks that are part of what a meeting's weights are applied to. */
  feeders(meeting: Meeting): Bits
  /** Vertices whose product uses a block's forward weight transposed; the blocks. */
  transposed(v: Vertex): Bits
}

export function meetingsOf(net: Network, weights: Weights, counted: (next: Next) => Next): Meetings {
  const { namesOf, isOwned, verticesOf, owners, holdsData } = weights
  const nodes = [...new Set(net.vertices.map(({ tensor }) => tensor.node))].sort((a, b) => a.id - b.id)
  const isRead = new Set(nodes)
  const users = new Map<Tensor, Node[]>()
  for (const node of nodes) for (const x of new Set(node.inputs)) users.set(x, [...(users.get(x) ?? []), node])

  /** Where a block's weights meet state of no block, that state is what they are applied to. */
  const weightsAmong = (candidates: readonly Tensor[]): readonly Tensor[] => {
    const all = candidates.filter((x) => namesOf(x).length > 0)
    const owned = all.filter((x) => namesOf(x).some((name) => isOwned(name)))
    return owned.length > 0 ? owned : all
  }
  const found: Found[] = []
  for (const node of nodes) {
    const elementwise = isElementwise(node) && node.inputs.length > 1
    // A derivative of what nobody reads is a use of its own.
    const isDerivative = node.adjoint && (PRODUCTS.has(node.op) || isRead.has(node.adjoint.of))
    if (isDerivative || !(PRODUCTS.has(node.op) || elementwise)) continue
    const candidates = node.op === 'gather' ? node.inputs.slice(0, 1) : node.inputs
    const own = weightsAmong(candidates)
    const data = node.inputs.filter((x) => !own.includes(x))
    if (own.length === 0 || (elementwise && !data.some((x) => verticesOf(x).some(holdsData)))) continue
    // A sum of losses is no place where one block's derivative crosses another block.
    if (elementwise && node.outputs[0]!.size === 1) continue
    // Weights times constants are the same weights, written in another way: what they meet after that counts.
    const isRewritten = data.length > 0 && data.every(isConstant)
    const isProduct = !isRewritten && (!elementwise || own.some((w) => mixes(node, w, data, (x) => users.get(x) ?? [])))
    found.push({
      node,
      weights: own,
      data,
      names: [...new Set(own.flatMap(namesOf))],
      isProduct,
      isFed: !elementwise || SCALING.has(node.op),
      isScaled: elementwise && namesOf(node.outputs[0]!).length > 0,
    })
  }
  const byName = new Map<string, Found[]>()
  for (const meeting of found)
    if (meeting.isProduct) for (const name of meeting.names) byName.set(name, [...(byName.get(name) ?? []), meeting])

  // A product is driven where the input reaches its operand by values, and not through products of the same weights.
  const floats = counted((v) => (v.tensor.dtype === 'float32' ? v.sources : []))
  const uses = new Map<Node, Bits>()
  for (const { node, names: own, isProduct } of found) if (isProduct) uses.set(node, weights.bitsOf(own))
  const everyName = [...uses.values()].reduce((all, set) => all | set, 0n)
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
    verticesOf(x).flatMap(({ state }) =>
      state && state.owner < 0 ? state.written.map(({ tensor }) => tensor) : x.node.inputs,
    )
  const known = new Map<string, Bits | undefined>()
  const summed = (node: Node, name: string): Bits | undefined => {
    const key = `${node.id} ${name}`
    if (known.has(key)) return known.get(key)
    const way = {
      before,
      isIn: (x: Tensor) => namesOf(x).includes(name),
      isEnd: (x: Tensor) => verticesOf(x).some(({ state }) => state?.name === name),
    }
    const set = summedAxes(node, way, (x) => users.get(x) ?? [])
    known.set(key, set)
    return set
  }
  /** Whether two products are one, made twice. */
  const isSameUse = (a: Node, b: Node): boolean =>
    a.op === b.op &&
    a.inputs.some((x, i) => namesOf(x).length > 0 && x === b.inputs[i]) &&
    JSON.stringify(a.attributes) === JSON.stringify(b.attributes)
  /** Whether one product sums over another axis of a weight than another one; undefined: that cannot be told. */
  const isTurned = (a: Node, b: Node, name: string): boolean | undefined => {
    const [one, other] = [summed(a, name), summed(b, name)]
    if (one !== undefined && other !== undefined) return (one & other) === 0n
    return isSameUse(a, b) ? false : undefined
  }
  /** The same for all weights that two products share. */
  const areOpposite = (a: Found, b: Found): boolean | undefined => {
    const shared = a.names.filter((name) => b.names.includes(name)).map((name) => isTurned(a.node, b.node, name))
    if (a === b || shared.includes(false)) return false
    return shared.includes(undefined) ? undefined : true
  }
  const rivals = (p: Found): readonly Found[] => (p.isProduct ? p.names.flatMap((name) => byName.get(name) ?? []) : [])
  const all = found.map((p): Meeting => {
    const others = rivals(p).filter((other) => driven.has(other))
    const returns = others.some((other) => other.node.id < p.node.id && areOpposite(p, other) !== false)
    return { ...p, returns, backwards: !driven.has(p) && others.some((other) => areOpposite(p, other) === true) }
  })
  const byNode = new Map(all.map((meeting) => [meeting.node, meeting]))

  const operandBlocks = (node: Node, own: readonly Tensor[], lane: number | undefined): Bits => {
    let set = 0n
    node.inputs.forEach((x, k) => {
      if (!own.includes(x)) return
      const slices =
        lane !== undefined && net.isCut(node.outputs[0]!) ? slicesRead(node, k, lane, net.isCut) : undefined
      for (const v of slices ? net.of(x, slices) : verticesOf(x)) set |= owners(v)
    })
    return set
  }
  const forward = new Map<string, Node>()
  // A layer that is taken from a stack is no product yet.
  for (const { node, names: own, backwards, isProduct } of all)
    if (!backwards && isProduct && node.op !== 'gather')
      for (const name of own) if (!forward.has(name)) forward.set(name, node)
  /** Whether a product uses forward weights transposed, or may do so; undefined: it cannot be told. */
  const turned = (node: Node): boolean | undefined => {
    // The derivative of a product uses its weights the other way round.
    if (node.adjoint && crossing(node.adjoint.of)?.isProduct) {
      const of = turned(node.adjoint.of)
      return of === undefined ? undefined : !of
    }
    const own = node.inputs.flatMap(namesOf).flatMap((name) => {
      const other = forward.get(name)
      return other ? [isTurned(node, other, name)] : []
    })
    return own.includes(true) ? true : own.includes(undefined) ? undefined : false
  }
  const isTransposed = (node: Node): boolean => {
    if (node.op === 'gather') return false
    const of = node.adjoint && crossing(node.adjoint.of)
    const isDerivative = !!of?.isProduct && node.inputs.some((x) => of.weights.includes(x))
    const isUse = byNode.get(node)?.isProduct || isDerivative || (PRODUCTS.has(node.op) && operands(node).length > 0)
    return isUse && turned(node) !== false
  }
  const operands = (node: Node): readonly Tensor[] => node.inputs.filter((x) => namesOf(x).length > 0)
  const crossing = (node: Node): Crossing | undefined => {
    const meeting = byNode.get(node)
    if (meeting || !PRODUCTS.has(node.op)) return meeting
    const own = operands(node)
    return own.length > 0 ? { node, weights: own, isProduct: true } : undefined
  }

  return {
    all,
    of: (node) => byNode.get(node),
    crossing,
    feeders: ({ data }) => data.flatMap(verticesOf).reduce((set, v) => set | weights.blocksIn(v), 0n),
    blocks: ({ node, weights: own }, lane) => operandBlocks(node, own, lane),
    transposed: ({ tensor: { node }, lane }) => (isTransposed(node) ? operandBlocks(node, operands(node), lane) : 0n),
  }
}

/** Whether a tensor is made of constants alone. */
const isConstant = (x: Tensor): boolean => reachable([x]).every(({ op }) => op !== 'input' && op !== 'loop')
