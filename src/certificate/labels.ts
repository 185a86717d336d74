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
  const isInput = ({ tensor: { node } }: Vertex, kind: string): boolean =>
    node.op === 'input' && node.attributes.kind === kind
  const keeps = keepsLabels(given, (v) => isInput(v, 'labels'))
  const learned = learnedIn(given)
  const isLabels = (v: Vertex): boolean =>
    isInput(v, 'labels') || (startsSo(v) && ownerBit(v) === 0n) || (learned.has(v) && keeps(v))
  const asTheyAre: Next = counted((v) => (learned.has(v) ? [] : (v.state?.written ?? v.sources)))
  const parts = components(net.vertices, asTheyAre)
  // What a block's products are fed together with data, statistics of it, and so on: all of that is its input.
  const feeds = new Map<Tensor, Meeting[]>()
  for (const meeting of meetings.all)
    if (meeting.isProduct && !meeting.backwards)
      for (const x of meeting.data) feeds.set(x, [...(feeds.get(x) ?? []), meeting])
  const holdsData = gather(parts, asTheyAre, (v) => (isInput(v, 'data') ? 1n : 0n))
  const fedWithData = (w: Vertex): Bits =>
    holdsData(w) === 0n ? 0n : (feeds.get(w.tensor) ?? []).reduce((set, m) => set | meetings.blocks(m, w.lane), 0n)
  const past = carry(
    parts,
    asTheyAre,
    (v) => (isLabels(v) ? bit(blocks) - 1n : startsSo(v) ? ownerBit(v) : 0n),
    (w, v, set) => set & ~fedBy(meetings, w, v) & ~fedWithData(w),
  )
  const seed = (v: Vertex): Bits => (isLabels(v) ? 1n : 0n)
  const seen = gather(parts, asTheyAre, seed)
  const through = throughAll(counted)
  const anyhow = gather(components(net.vertices, through), through, (v) => (startsSo(v) ? 1n : seed(v)))
  return (block) => {
    const updates = net.updates[block]!
    if (updates.some((v) => has(past(v), block))) return 'loss'
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

/** Operations that multiply and add up; those of `grad` among them. */
const SUMS = new Set([...PRODUCTS.keys(), 'convolutionWeightGradient', 'quantizedWeightGradient'])

/**
 * Whether something holds labels that nothing was learned from on the way. To learn is to multiply what comes from labels
 * with data and to add it up; or, for a bias, to add it up. So labels are followed up to products with data and up to sums;
 * past a sum they are followed where they were spread out before, as to be sorted by it, and where no weights were in it.
 */
function keepsLabels({ net, weights, next, counted }: Given, isLabels: (v: Vertex) => boolean): (v: Vertex) => boolean {
  const [single, unweighted, spread] = [1n, 2n, 4n]
  const [data, labels, owned] = [1n, 2n, 4n]
  const isData = ({ tensor: { node } }: Vertex): boolean => node.op === 'input' && node.attributes.kind === 'data'
  const made = gather(components(net.vertices, next), next, (v) =>
    isData(v) ? data : isLabels(v) ? labels : ownerBit(v) === 0n ? 0n : owned,
  )
  /** Whether a product of `w` with something adds up what samples say: classes of data as well as data. */
  const isLearning = (w: Vertex, by: Bits): boolean =>
    (by & data) !== 0n || ((by & labels) !== 0n && (made(w) & data) !== 0n)
  const edge = (w: Vertex, v: Vertex, set: Bits): Bits => {
    const { op, inputs } = v.tensor.node
    const isLarger = w.tensor.size > 1 && v.tensor.size > w.tensor.size
    if (op === 'sum' || op === 'max') return v.tensor.size < w.tensor.size ? set & spread : set
    if (!SUMS.has(op)) return isLarger && isSpreading(v) && (set & unweighted) !== 0n ? set | spread : set
    const others = inputs.filter((x) => x !== w.tensor).flatMap(weights.verticesOf)
    const by = (others.length > 0 ? others : [w]).reduce((all, other) => all | made(other), 0n)
    return isLearning(w, by) ? 0n : (by & owned) !== 0n ? set & single : set
  }
  const through = throughAll(counted)
  const seed = (v: Vertex): Bits => (isLabels(v) ? single | unweighted : 0n)
  const left = carry(components(net.vertices, through), through, seed, edge)
  return (v) => left(v) !== 0n
}

/** Whether it puts one number in many places; a comparison with the classes does so too, to tell which it is. */
const isSpreading = ({ tensor: { node, dtype } }: Vertex): boolean =>
  dtype !== 'bool' && (node.op === 'broadcastTo' || isElementwise(node))
