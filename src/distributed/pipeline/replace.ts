import { type InputAttributes, type Node, reachable, Tensor } from '../../graph/index.js'
import type { LoopAttributes } from '../../graph/loop.js'

/**
 * The same outputs, computed from inputs in the place of some tensors. Nodes that read none of them are shared with the
 * old graph; the others are copied and keep their numbers, so that every node still comes after what it reads.
 */
export function withInputs(outputs: readonly Tensor[], names: ReadonlyMap<Tensor, string>): Replaced {
  const known = new Map<Tensor, Tensor>([...names].map(([x, name]) => [x, inputLike(x, name)]))
  const made = new Map(known)
  const renewed = (x: Tensor): Tensor => made.get(x) ?? x
  const visit = (list: readonly Tensor[], inside: (node: Node) => boolean): void => {
    for (const node of reachable(list, (own) => inside(own) && !own.outputs.every((y) => known.has(y)))) {
      const body = node.op === 'loop' ? bodyOf(node.attributes) : undefined
      if (node.inputs.every((x) => renewed(x) === x) && body === undefined) continue
      copy(node, body)
    }
  }
  const bodyOf = (loop: LoopAttributes): LoopAttributes | undefined => {
    const { results, stacked, condition, captured } = loop
    if (captured.every((x) => renewed(x) === x)) return undefined
    visit([...results, ...stacked, ...(condition ? [condition] : [])], (node) => node.scope !== undefined)
    return {
      ...loop,
      results: results.map(renewed),
      stacked: stacked.map(renewed),
      condition: condition && renewed(condition),
      captured: captured.map(renewed),
    }
  }
  const copy = (node: Node, body: LoopAttributes | undefined): void => {
    const own: Tensor[] = []
    const twin: Node = {
      ...node,
      inputs: node.inputs.map(renewed),
      ...(body && { attributes: body }),
      outputs: own,
    }
    for (const y of node.outputs) {
      own.push(new Tensor(twin, y.index, y.shape, y.dtype))
      if (!known.has(y)) made.set(y, own.at(-1)!)
    }
  }
  visit(outputs, () => true)
  return { of: renewed }
}

export interface Replaced {
  /** What stands for a tensor of the old graph. */
  of(x: Tensor): Tensor
}

/** An input of the shape of a tensor, at its place in the order of the graph. */
function inputLike({ node, shape, dtype }: Tensor, name: string): Tensor {
  const outputs: Tensor[] = []
  const attributes: InputAttributes = { name, kind: 'data', shape, dtype }
  const own: Node = { ...node, op: 'input', inputs: [], attributes, outputs, adjoint: undefined, scope: undefined }
  outputs.push(new Tensor(own, 0, shape, dtype))
  return outputs[0]!
}
