import { reachable } from '../graph/gradient.js'
import type { Node, Tensor } from '../graph/tensor.js'
import { sizeOf } from '../graph/types.js'
import { changes, type StepGraph, unusedPrefix } from '../onnx/program.js'
import { isFusable } from './operations.js'

/**
 * How many numbers of state, moments included, must be renewed in place for that to save more than a call for every
 * step costs. One thread renews them, however many the engine has. Measured: docs/decisions/0006-speed.md.
 */
const leastFor = (threads: number): number => (threads === 1 ? 2 ** 18 : 2 ** 22)

/** The update of a tensor with fewer elements stays with the engine. */
const MIN_KERNEL_ELEMENTS = 2 ** 12

export interface Written {
  readonly name: string
  readonly input: Tensor
  readonly output: Tensor
}

/** State tensors of one size that are renewed together, in one pass over them and over what is given. */
export interface Update {
  readonly size: number
  readonly written: readonly Written[]
  /** In the order of tracing. */
  readonly nodes: readonly Node[]
}

/** A step cut in two. `given`: what the updates read of the head, as the metrics of the head that have these names. */
export interface SplitStep {
  readonly head: StepGraph
  readonly given: readonly { readonly name: string; readonly output: Tensor }[]
  readonly updates: readonly Update[]
}

/**
 * Cuts off the end of a step: the elementwise operations, such as an optimiser's, that only new state reads. The head
 * is the step without them. Undefined where that would not pay.
 */
export function splitStep(graph: StepGraph, threads: number): SplitStep | undefined {
  const changing = graph.state.filter(changes)
  const results = [...graph.state, ...graph.metrics].map(({ output }) => output)
  const nodes = reachable(results)
  const readers = new Map<Tensor, Node[]>()
  for (const node of nodes) for (const x of node.inputs) readers.set(x, [...(readers.get(x) ?? []), node])
  const news = new Set(changing.map(({ output }) => output))
  const shown = new Set(graph.metrics.map(({ output }) => output))
  const inside = new Set<Node>()
  for (const node of nodes.toReversed()) {
    const [y] = node.outputs as [Tensor]
    const own = readers.get(y) ?? []
    const isEnd = own.every((reader) => inside.has(reader)) && (own.length > 0 || news.has(y)) && !shown.has(y)
    if (isEnd && y.size >= MIN_KERNEL_ELEMENTS && isFusable(node)) inside.add(node)
  }
  const written = changing.filter(({ output }) => inside.has(output.node))
  if (written.reduce((sum, { input }) => sum + sizeOf(input.shape), 0) < leastFor(threads)) return undefined

  const outside = [...inside].flatMap(({ inputs }) => inputs).filter(({ node }) => !inside.has(node))
  const renewed = new Set(written.map(({ input }) => input))
  const prefix = unusedPrefix(graph, 'given')
  const given = [...new Set(outside)]
    .filter((x) => !renewed.has(x) && !isNumber(x))
    .map((output, i) => ({ name: `${prefix} ${i}`, output }))
  const left = graph.state.filter((entry) => !written.includes(entry))
  const metrics = [...graph.metrics, ...given]
  const read = new Set(reachable([...left, ...metrics].map(({ output }) => output)))
  const kept = written
    .filter(({ input }) => read.has(input.node))
    .map(({ name, input }) => ({ name, input, output: input }))
  const head = { state: [...left, ...kept], batch: graph.batch, metrics }
  return { head, given, updates: grouped(written, [...inside]) }
}

export const isNumber = ({ node, size }: Tensor): boolean => node.op === 'constant' && size === 1

/** Updates that share a tensor form one pass: the first would overwrite what the second still reads. */
function grouped(written: readonly Written[], inside: readonly Node[]): Update[] {
  const above = new Map<Tensor, Tensor>()
  const topOf = (x: Tensor): Tensor => (above.has(x) ? topOf(above.get(x)!) : x)
  const join = (x: Tensor, y: Tensor): void => {
    if (topOf(x) !== topOf(y)) above.set(topOf(x), topOf(y))
  }
  for (const {
    inputs,
    outputs: [y],
  } of inside)
    for (const x of inputs) if (x.size > 1) join(x, y!)
  for (const { input, output } of written) join(input, output)
  const tops = [...new Set(written.map(({ output }) => topOf(output)))]
  return tops.map((top) => ({
    size: top.size,
    written: written.filter(({ output }) => topOf(output) === top),
    nodes: inside.filter(({ outputs: [y] }) => topOf(y!) === top).sort((a, b) => a.id - b.id),
  }))
}
