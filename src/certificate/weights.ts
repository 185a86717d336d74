import type { InputAttributes, Tensor } from '../graph/index.js'
import { PRODUCTS } from './mixing.js'
import type { Network, Vertex } from './network.js'
import { type Bits, bit, carry, components, gather, type Next, ownerBit } from './reach.js'

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

/** Whether the numbers of `w` are in `v`, which is made of it, one by one: scaled, added to, put beside something. */
function keeps(w: Vertex, { tensor: { node, size } }: Vertex): boolean {
  if (w.tensor.node === node || ['concat', 'slice', 'pad'].includes(node.op)) return true
  return w.tensor.size === size && !PRODUCTS.has(node.op)
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
  const isAlone = (v: Vertex): boolean => !!v.state && !isOwned(v) && (everMade(v) & dataBit) === 0n
  /** Of state that is in a tensor number by number: parameters of two axes or more, all other state, and its copies. */
  const scaled = (own: (v: Vertex) => Bits, parameters: Bits): ((v: Vertex) => Bits) =>
    carry(
      throughState,
      next,
      (v) => (v.state && (v.tensor.rank > 1 || !isOwned(v)) ? own(v) : 0n),
      (w, v, set) => (v.state ? set & parameters : keeps(w, v) ? set : 0n),
    )
  const copies = scaled(ownerBit, dataBit - 1n)
  const parameters = net.vertices.reduce((set, v) => (isOwned(v) ? set | nameBit(v) : set), 0n)
  const scaledNames = scaled((v) => nameBit(v) | (isAlone(v) ? everNamed(v) : 0n), parameters)
  const nameBits = gather(parts, within, (v) => (v.state ? nameBit(v) | (isOwned(v) ? 0n : scaledNames(v)) : 0n))
  const made = gather(parts, within, (v) => ownerOrData(v) | (isAlone(v) ? everMade(v) : v.state ? copies(v) : 0n))
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
    const set = own.reduce((all, v) => all | (alone ? nameBits : scaledNames)(v), 0n)
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
