import type { InputAttributes, Tensor } from '../graph/index.js'
import { isElementwise, SCALING } from './mixing.js'
import type { Network, Vertex } from './network.js'
import { type Bits, bit, components, gather, type Next, ownerBit } from './reach.js'

/** Which tensors are weights: made of state, and of which. */
export interface Weights {
  /** The names of the state that makes an operand weights: of state alone, or state scaled; none: it is data. */
  namesOf(x: Tensor): readonly string[]
  /** The same names, and those of all other state in it. */
  nameBits(v: Vertex): Bits
  bitsOf(names: readonly string[]): Bits
  /** Whether state of this name is a block's. */
  isOwned(name: string): boolean
  /** Of the whole tensor, or of all of its slices. */
  verticesOf(x: Tensor): readonly Vertex[]
  holdsData(v: Vertex): boolean
  /** The blocks that are in a tensor, by way of whatever is computed within its program. */
  blocksIn(v: Vertex): Bits
  /** The blocks whose parameters a tensor is made of, without data or number by number. */
  owners(v: Vertex): Bits
  /** The blocks whose parameters are in it number by number. */
  copies(v: Vertex): Bits
}

/**
 * State of two axes or more that a tensor is made of, number by number, whatever else is in it; of state that belongs
 * to no block, also what it was made from: a copy, a moving average.
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

const isOwned = ({ state }: Vertex): boolean => (state?.owner ?? -1) >= 0

const isData = ({ node: { op, attributes } }: Tensor): boolean =>
  op === 'input' && ['data', 'labels', 'noise'].includes((attributes as InputAttributes).kind)

/**
 * `trained`: the names of state that is made from its own old value. `next`: back through programs and through state
 * that belongs to no block.
 */
export function weightsOf(
  net: Network,
  blocks: number,
  trained: ReadonlySet<string>,
  next: Next,
  counted: (next: Next) => Next,
): Weights {
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
    const result = set === 0n ? [] : namesIn(set).filter((name) => ownedNames.has(name) || trained.has(name))
    operandNames.set(x, result)
    return result
  }
  return {
    namesOf: weightNames,
    nameBits,
    bitsOf: (list) => list.reduce((set, name) => set | bit(number.get(name)!), 0n),
    isOwned: (name) => ownedNames.has(name),
    verticesOf,
    holdsData: (v) => (made(v) & dataBit) !== 0n,
    blocksIn: (v) => made(v) & (dataBit - 1n),
    owners,
    copies,
  }
}
