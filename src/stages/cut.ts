import { reachable } from '../graph/gradient.js'
import { apply, input, type Node, type Tensor } from '../graph/tensor.js'
import { changes, type StepGraph, unusedPrefix } from '../onnx/program.js'
import { costOf, isProduct } from './cost.js'

/** What a stage hands on in every step: by this name a metric of the one stage, and part of the batch of the other. */
export interface Wire {
  readonly name: string
  readonly from: number
  readonly to: number
}

/** The stages of a step. Each is a step of its own, over its own part of the state. */
export interface Stages {
  readonly graphs: readonly StepGraph[]
  readonly wires: readonly Wire[]
}

/** The longest stage may take so many times its share of a step. */
const BALANCE = 1.3

/**
 * Cuts a step into `count` stages that pass on what they make in one direction alone, so that each can be at a step of its
 * own: the first one at the next, while the second is still at this one. That is possible where no layer waits for those
 * above it, be it through the state; so it is for rules that are local, and not for backpropagation. Undefined where
 * a stage would have nothing to do, or too much.
 */
export function cutIntoStages(graph: StepGraph, count: number): Stages | undefined {
  const nodes = reachable([...graph.state, ...graph.metrics].map(({ output }) => output))
  const stageOf = assign(graph, nodes, count)
  const costs = Array<number>(count).fill(0)
  for (const node of nodes) costs[stageOf.get(node) ?? 0]! += costOf(node)
  const whole = costs.reduce((sum, cost) => sum + cost, 0)
  if (costs.some((cost) => cost === 0 || cost > (BALANCE * whole) / count)) return undefined

  const wires: (Wire & { readonly tensor: Tensor })[] = []
  const prefix = unusedPrefix(graph, 'wire')
  for (const node of nodes)
    for (const tensor of node.inputs) {
      const [from, to] = [stageOf.get(tensor.node), stageOf.get(node)]
      if (from === undefined || to === undefined || from === to) continue
      if (!wires.some((wire) => wire.tensor === tensor && wire.to === to))
        wires.push({ name: `${prefix} ${wires.length}`, from, to, tensor })
    }
  return { graphs: costs.map((_, own) => partOf(graph, nodes, stageOf, own, wires)), wires }
}

/**
 * The stage of each node; constants, the batch and state that does not change have none: every stage may read them. A node
 * comes with all that it waits for. State lies where it is renewed.
 */
function assign(graph: StepGraph, nodes: readonly Node[], count: number): Map<Node, number> {
  const writers = new Map(graph.state.filter(changes).map(({ input: x, output }) => [x.node, output.node]))
  const stageOf = new Map<Node, number>()
  /** What a node waits for, in this step or in those before, as far as `isIn`. */
  const waitsFor = (node: Node, isIn: (node: Node) => boolean): Node[] => {
    const seen = new Set<Node>()
    const stack = [node]
    while (stack.length > 0) {
      const own = stack.pop()!
      const isFree = own.op === 'constant' || (own.op === 'input' && !writers.has(own))
      if (isFree || seen.has(own) || !isIn(own)) continue
      seen.add(own)
      stack.push(...own.inputs.map((x) => x.node))
      if (writers.has(own)) stack.push(writers.get(own)!)
    }
    return [...seen]
  }
  const total = (list: readonly Node[]): number => list.reduce((sum, node) => sum + costOf(node), 0)
  const share = total(nodes) / count

  // The products in the order in which they can be computed; each has its place in the middle of what it adds.
  const products = nodes.filter(isProduct).map((node) => ({ node, cost: total(waitsFor(node, () => true)) }))
  let before = 0
  for (const { node } of products.sort((a, b) => a.cost - b.cost)) {
    const added = waitsFor(node, (own) => !stageOf.has(own))
    const cost = total(added)
    for (const own of added) stageOf.set(own, Math.min(count - 1, Math.floor((before + cost / 2) / share)))
    before += cost
  }
  // What no product waits for goes where the last of what it reads is.
  for (const node of nodes) {
    const added = waitsFor(node, (own) => !stageOf.has(own))
    const read = added.flatMap(({ inputs }) => inputs).map((x) => stageOf.get(x.node) ?? 0)
    for (const own of added) stageOf.set(own, Math.max(0, ...read))
  }
  // State lies where it is renewed, be it from other state.
  for (const from of writers.keys()) {
    let to = from
    const seen = new Set<Node>()
    while (writers.has(to) && !seen.has(to)) {
      seen.add(to)
      to = writers.get(to)!
    }
    if (stageOf.has(to)) stageOf.set(from, stageOf.get(to)!)
  }
  return stageOf
}

/** One stage. What it receives belongs to its batch, what it sends to its metrics. */
function partOf(
  graph: StepGraph,
  nodes: readonly Node[],
  stageOf: ReadonlyMap<Node, number>,
  own: number,
  wires: readonly (Wire & { readonly tensor: Tensor })[],
): StepGraph {
  const known = new Map<Tensor, Tensor>()
  const get = (x: Tensor): Tensor => known.get(x) ?? x
  const received = wires.filter(({ to }) => to === own)
  for (const { name, tensor } of received)
    known.set(tensor, input({ name, kind: 'data', shape: tensor.shape, dtype: tensor.dtype }))
  for (const node of nodes) {
    if (stageOf.get(node) !== own || node.inputs.every((x) => get(x) === x)) continue
    const made = apply(node.op, node.inputs.map(get), node.attributes)
    for (const [i, y] of node.outputs.entries()) known.set(y, made[i]!)
  }
  const isHere = (...places: Tensor[]): boolean =>
    (places.map((x) => stageOf.get(x.node)).find((stage) => stage !== undefined) ?? 0) === own
  const renewed = graph.state
    .filter((entry) => changes(entry) && isHere(entry.output, entry.input))
    .map((entry) => ({ ...entry, output: get(entry.output) }))
  const metrics = [
    ...graph.metrics.filter(({ output }) => isHere(output)),
    ...wires.filter(({ from }) => from === own).map(({ name, tensor }) => ({ name, output: tensor })),
  ].map(({ name, output }) => ({ name, output: get(output) }))
  const read = new Set(reachable([...renewed, ...metrics].map(({ output }) => output)))
  const constant = graph.state.filter((entry) => !changes(entry) && (read.has(entry.input.node) || own === 0))
  const batch = [
    ...graph.batch.filter(({ input: x }) => read.has(x.node)),
    ...received.map(({ name, tensor }) => ({ name, input: get(tensor) })),
  ]
  return { state: [...renewed, ...constant], batch, metrics }
}
