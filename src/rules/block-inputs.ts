import { allNodes, networkOf } from '../certificate/network.js'
import { meetingsOf } from '../certificate/products.js'
import type { Next } from '../certificate/reach.js'
import { weightsOf } from '../certificate/weights.js'
import { outputCount } from '../data/dataset.js'
import { type LoopAttributes, reachable, sizeOf, type Tensor } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { AnyRule, Task } from './contract.js'
import type { TracedRule } from './trace.js'

/** Wider ones are means over the places of an image. */
const WIDEST = 4096

/**
 * What each block of a network in use is fed, found in the graph of its prediction: the metric of that name, [N, size].
 * First stand the inputs themselves (`input`), in the place of the lowest block, last what the network says (`scores`). A block that is fed every label in
 * turn has the mean over the labels. What settles in a loop is taken as it is at the end. Blocks that are fed the same
 * as one before them, or something that is no row for each sample, are left out.
 */
export function blockInputsGraph(rule: AnyRule, traced: TracedRule, task: Task, hyper: unknown): StepGraph {
  const { state, batch, metrics } = traced.predict
  const { blocks } = rule.locality(task, hyper)
  const names = new Map(state.map(({ name, input }) => [input, name]))
  const x = batch.find(({ name }) => name === 'x')!.input
  const scores = metrics.find(({ name }) => name === 'scores')?.output
  const found = new Map<Tensor, string>([[x, 'input']])
  if (scores) {
    const within: Next = (v) => v.sources
    const counted = (next: Next): Next => next
    const net = networkOf([{ state }], blocks, [scores])
    const meetings = meetingsOf(net, weightsOf(net, blocks.length, new Set(), within, counted), counted)
    const products = meetings.all.filter(({ isProduct, backwards }) => isProduct && !backwards)
    const nodes = allNodes([scores])
    for (const [i, { name }] of blocks.entries()) {
      if (i === 0) continue
      const own = products.filter((meeting) => meeting.names.some((of) => net.ownersOf([of]).includes(i)))
      const first = own.sort((a, b) => a.node.id - b.node.id)[0]
      const fed = first?.data.find((tensor) => !names.has(tensor))
      const outside = fed && outsideOf(fed, nodes)
      if (outside && !found.has(outside) && rowsOf(outside, task) > 0) found.set(outside, name)
    }
    if (!found.has(scores)) found.set(scores, 'scores')
  }
  const outputs = [...found].map(([tensor, name]) => ({ name, output: perSample(tensor, task) }))
  const used = new Set(reachable(outputs.map(({ output }) => output)))
  return { state, batch: batch.filter(({ name, input }) => name === 'x' || used.has(input.node)), metrics: outputs }
}

/** A tensor of a loop's body as the loop leaves it behind: the carried value of its shape that it becomes, or is made of. */
function outsideOf(tensor: Tensor, nodes: readonly Tensor['node'][]): Tensor | undefined {
  const { scope, id } = tensor.node
  if (!scope) return tensor
  const loop = nodes.find(({ op, attributes }) => op === 'loop' && attributes.scope === scope)
  if (!loop) return undefined
  const { parameters, results }: LoopAttributes = loop.attributes
  const isAlike = ({ shape }: Tensor): boolean => shape.join() === tensor.shape.join()
  const madeOf = (x: Tensor): ReadonlySet<number> => new Set(reachable([x]).map((node) => node.id))
  const becomes = results.findIndex((x) => isAlike(x) && madeOf(x).has(id))
  const own = madeOf(tensor)
  const place = becomes < 0 ? parameters.findIndex((p) => isAlike(p) && own.has(p.node.id)) : becomes
  return place < 0 ? undefined : outsideOf(loop.outputs[place]!, nodes)
}

/** How many rows a sample has: one, or one for each label, set after set; 0 where it has other ones. */
function rowsOf({ shape, dtype }: Tensor, { batch, target }: Task): number {
  const rows = (shape[0] ?? 0) / batch
  return dtype === 'float32' && (rows === 1 || rows === outputCount(target)) ? rows : 0
}

function perSample(tensor: Tensor, task: Task): Tensor {
  const rows = rowsOf(tensor, task)
  const one = tensor.shape.slice(1)
  const own = rows === 1 ? tensor : tensor.reshape([rows, task.batch, ...one]).mean(0)
  const isWide = one.length === 3 && sizeOf(one) > WIDEST
  return (isWide ? own.mean([2, 3]) : own).reshape([task.batch, -1])
}
