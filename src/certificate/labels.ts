import type { Tensor } from '../graph/index.js'
import { fedBy } from './above.js'
import type { Labels } from './certificate.js'
import { isElementwise, PRODUCTS } from './mixing.js'
import type { Network, Vertex } from './network.js'
import type { Meeting, Meetings } from './products.js'
import { type Bits, bit, carry, components, gather, has, type Next, ownerBit } from './reach.js'
import type { Weights } from './weights.js'

interface Given {
  readonly net: Network
  readonly weights: Pick<Weights, 'verticesOf'>
  readonly meetings: Meetings
  readonly blocks: number
  /** Of one mini-batch. */
  readonly samples: number
  /** State that starts with something made of labels, by name. */
  readonly labelled: ReadonlySet<string>
  /** Back through programs and through state that belongs to no block. */
  readonly next: Next
  readonly counted: (next: Next) => Next
}

/**
 * Where labels enter. They are followed as they are through all state but parameters that are made from their own old
 * values and keep no label as it is: what was learned with labels is told apart from labels that are kept.
 */
export function labelsOf(given: Given): (block: number) => Labels {
  const { net, meetings, blocks, labelled, counted } = given
  const startsSo = ({ state }: Vertex): boolean => !!state && labelled.has(state.name)
  const made = madeOf(given)
  const keeps = keepsLabels(given, made)
  const learned = learnedIn(given)
  const isLabels = (v: Vertex): boolean =>
    isInput(v, 'labels') || (startsSo(v) && ownerBit(v) === 0n) || (learned.has(v) && keeps(v))
  const asTheyAre: Next = counted((v) => (learned.has(v) ? [] : (v.state?.written ?? v.sources)))
  const parts = components(net.vertices, asTheyAre)
  // Numbers made of labels and data in one that a block's products are fed, statistics of them, and so on: all of that is
  // its input. Where labels stand beside data, only what its products do with them is.
  const seed = (v: Vertex): Bits => (isLabels(v) ? 1n : 0n)
  const apart = carry(parts, asTheyAre, seed, (w, v, set) => (mixes(given, made, w, v) ? 0n : set))
  const feeds = new Map<Tensor, Meeting[]>()
  for (const meeting of meetings.all)
    if (meeting.isProduct && !meeting.backwards)
      for (const x of meeting.data) feeds.set(x, [...(feeds.get(x) ?? []), meeting])
  const fedWithData = (w: Vertex, v: Vertex): Bits => {
    const { op } = v.tensor.node
    if (op === 'slice' || op === 'gather' || apart(w) !== 0n) return 0n
    return (feeds.get(w.tensor) ?? []).reduce((set, m) => set | meetings.blocks(m, w.lane), 0n)
  }
  const past = carry(
    parts,
    asTheyAre,
    (v) => (isLabels(v) ? bit(blocks) - 1n : startsSo(v) ? ownerBit(v) : 0n),
    (w, v, set) => set & ~fedBy(meetings, w, v) & ~fedWithData(w, v),
  )
  const seen = gather(parts, asTheyAre, seed)
  const through = throughAll(counted)
  const anyhow = gather(components(net.vertices, through), through, (v) => (startsSo(v) ? 1n : seed(v)))
  return (block) => {
    const updates = net.updates[block]!
    // Labels that reach its statistics alone come with what it is fed, not by a loss.
    if (updates.some((v) => has(past(v), block) && net.learned.has(v))) return 'loss'
    if (updates.some((v) => seen(v) !== 0n)) return 'input'
    return updates.some((v) => anyhow(v) !== 0n) ? 'weights' : 'none'
  }
}

/** Back through all state. */
const throughAll = (counted: Given['counted']): Next => counted((v) => v.state?.written ?? v.sources)

/** Parameters that are made from their own old values. */
function learnedIn({ net, next }: Given): ReadonlySet<Vertex> {
  const owned = net.vertices.filter(({ state }) => state && state.owner >= 0)
  const keyOf = ({ state, lane }: Vertex): string => `${lane} ${state!.name}`
  const numbers = new Map([...new Set(owned.map(keyOf))].map((key, i) => [key, i]))
  const numberOf = (v: Vertex): number => numbers.get(keyOf(v))!
  const isOwned = new Set(owned)
  const madeOf = gather(components(net.vertices, next), next, (v) => (isOwned.has(v) ? bit(numberOf(v)) : 0n))
  return new Set(owned.filter((v) => v.state!.written.some((w) => has(madeOf(w), numberOf(v)))))
}

const isInput = ({ tensor: { node } }: Vertex, kind: string): boolean =>
  node.op === 'input' && node.attributes.kind === kind

/** What a vertex is made of: data, labels, parameters of blocks. */
const [DATA, LABELS, OWNED] = [1n, 2n, 4n]

function madeOf({ net, next }: Given): (v: Vertex) => Bits {
  const kind = (v: Vertex): Bits => (isInput(v, 'data') ? DATA : isInput(v, 'labels') ? LABELS : 0n)
  return gather(components(net.vertices, next), next, (v) => kind(v) | (ownerBit(v) === 0n ? 0n : OWNED))
}

/** What the other operands of `v` are made of; of a square, what `w` is. */
function besides({ weights }: Given, made: (v: Vertex) => Bits, w: Vertex, { tensor: { node } }: Vertex): Bits {
  const others = node.inputs.filter((x) => x !== w.tensor).flatMap(weights.verticesOf)
  return (others.length > 0 ? others : [w]).reduce((all, other) => all | made(other), 0n)
}

/**
 * Whether what comes from `w` is one with data in every number of `v`: by arithmetic with data, or by weights that add up
 * what stands side by side. Weights that are fixed may only pick.
 */
function mixes(given: Given, made: (v: Vertex) => Bits, w: Vertex, v: Vertex): boolean {
  const { node } = v.tensor
  const by = besides(given, made, w, v)
  if (isElementwise(node)) return node.inputs.length > 1 && (by & DATA) !== 0n
  return PRODUCTS.has(node.op) && (by & (DATA | OWNED)) !== 0n && ((by | made(w)) & DATA) !== 0n
}

/** Operations that multiply and add up; those of `grad` among them. */
const SUMS = new Set([...PRODUCTS.keys(), 'convolutionWeightGradient', 'quantizedWeightGradient'])

/**
 * Whether something holds labels that nothing was learned from on the way. To learn is to multiply what comes from labels
 * with data and to add it up; or, for a bias, to add it up. So labels are followed up to products with data and up to sums;
 * past a sum they are followed where they were spread out before, as to be sorted by it, and where no weights were in it.
 */
function keepsLabels(given: Given, made: (v: Vertex) => Bits): (v: Vertex) => boolean {
  const { net, samples, counted } = given
  const [single, unweighted, spread] = [1n, 2n, 4n]
  /** Whether a product of `w` with something adds up what samples say: classes of data as well as data. */
  const isLearning = (w: Vertex, by: Bits): boolean =>
    (by & DATA) !== 0n || ((by & LABELS) !== 0n && (made(w) & DATA) !== 0n)
  const edge = (w: Vertex, v: Vertex, set: Bits): Bits => {
    const { op } = v.tensor.node
    const isLarger = w.tensor.size > 1 && v.tensor.size > w.tensor.size
    if (op === 'sum' || op === 'max') return v.tensor.size < w.tensor.size || samples === 1 ? set & spread : set
    if (!SUMS.has(op)) return isLarger && isSpreading(v) && (set & unweighted) !== 0n ? set | spread : set
    const by = besides(given, made, w, v)
    return isLearning(w, by) ? 0n : (by & OWNED) !== 0n ? set & single : set
  }
  const through = throughAll(counted)
  const seed = (v: Vertex): Bits => (isInput(v, 'labels') ? single | unweighted : 0n)
  const left = carry(components(net.vertices, through), through, seed, edge)
  return (v) => left(v) !== 0n
}

/** Whether it puts one number in many places; a comparison with the classes does so too, to tell which it is. */
const isSpreading = ({ tensor: { node, dtype } }: Vertex): boolean =>
  dtype !== 'bool' && (node.op === 'broadcastTo' || isElementwise(node))
