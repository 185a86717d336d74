import { reachable } from '../graph/gradient.js'
import { type LoopAttributes, resultsOf, within } from '../graph/loop.js'
import type { Node, Tensor } from '../graph/tensor.js'
import { byteLength } from '../graph/types.js'

/** What a step holds in memory, in bytes. */
export interface Liveness {
  /** At the worst moment: state, batch, constants, temporaries, and what is there already of the next state. */
  readonly peakBytes: number
  /** At its own worst moment: what is neither state, batch nor constant, such as activations and derivatives. */
  readonly peakActivationBytes: number
  readonly stateBytes: number
}

interface Step {
  readonly state: readonly { readonly input: Tensor; readonly output: Tensor }[]
  readonly batch: readonly { readonly input: Tensor }[]
  readonly metrics: readonly { readonly output: Tensor }[]
}

/**
 * Memory of one step, counted over the graph in the order of tracing: a tensor takes its bytes from the node that makes
 * it to the last node that reads it; results stay to the end. A reshape and a stopped gradient are views, and free. The
 * next state lies beside the old one. In a loop, the carried values, the body at its worst and what is stacked count.
 * The engine may need less: it writes some results over operands that nobody reads any more. Or more: what
 * lies under the kernels of a convolution, laid out for it or its weight gradient, does not count.
 */
export function liveness({ state, batch, metrics }: Step): Liveness {
  const results = [...state, ...metrics].map(({ output }) => output)
  const stateBytes = total(state.map(({ input }) => input))
  const constants = reachable(results).filter(({ op }) => op === 'constant')
  const held = stateBytes + total(batch.map(({ input }) => input)) + total(constants.flatMap(({ outputs }) => outputs))
  return {
    peakBytes: held + peak(results, () => true),
    peakActivationBytes: peak(results, () => true, new Set(state.map(({ output }) => buffer(output)))),
    stateBytes,
  }
}

const total = (tensors: readonly Tensor[]): number => tensors.reduce((sum, x) => sum + byteLength(x), 0)

const isView = ({ op, attributes }: Node): boolean =>
  op === 'reshape' || op === 'stopGradient' || (op === 'sum' && attributes.axes.length === 0)

/** The tensor in whose memory a tensor lies. */
function buffer(tensor: Tensor): Tensor {
  let own = tensor
  while (isView(own.node)) own = own.node.inputs[0]!
  return own
}

/** The worst moment on the way to the results, inputs and constants not counted, nor what is in `apart`. */
function peak(results: readonly Tensor[], inside: (node: Node) => boolean, apart?: ReadonlySet<Tensor>): number {
  const nodes = reachable(results, inside).filter((node) => !isView(node))
  const lastReader = new Map<Tensor, Node | undefined>()
  for (const node of nodes) for (const x of node.inputs) lastReader.set(buffer(x), node)
  for (const x of results) lastReader.set(buffer(x), undefined)

  const endingAt = new Map<Node, Tensor[]>()
  let now = 0
  let worst = 0
  for (const node of nodes) {
    if (node.op === 'input' || node.op === 'constant') continue
    const loop: LoopAttributes | undefined = node.op === 'loop' ? node.attributes : undefined
    const made = node.outputs.filter(
      (y, i) => !apart?.has(y) && (!loop || i < loop.results.length || lastReader.has(y)),
    )
    if (loop) worst = Math.max(worst, now + whileRunning(loop, made))
    now += total(made)
    worst = Math.max(worst, now)
    for (const y of made) {
      const end = lastReader.has(y) ? lastReader.get(y) : node
      if (end) endingAt.set(end, [...(endingAt.get(end) ?? []), y])
    }
    now -= total(endingAt.get(node) ?? [])
  }
  return worst
}

/** The values of the iteration before, the body at its worst, and room for what is stacked. */
function whileRunning(loop: LoopAttributes, made: readonly Tensor[]): number {
  const { results, parameters, count, scope } = loop
  const stacked = loop.stacked.filter((_, i) => made.some(({ index }) => index === results.length + i))
  const own = peak(resultsOf({ ...loop, stacked }), (node) => within(node.scope, scope))
  const before = count > 1 ? total(parameters) : 0
  return before + own + total(made.filter(({ index }) => index >= results.length))
}
