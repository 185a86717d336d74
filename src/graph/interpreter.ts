import type { Value } from './primitive.js'
import { primitive } from './primitives/table.js'
import type { Node, Tensor } from './tensor.js'
import { GraphError, show, sizeOf } from './types.js'

export type { Value } from './primitive.js'

/** Wraps numbers as the value of a tensor; throws a GraphError if their count does not fill its shape. */
export function value(tensor: Tensor, data: ArrayLike<number>): Value {
  if (data.length !== sizeOf(tensor.shape))
    throw new GraphError(`a value of ${data.length} numbers does not fill the shape ${show(tensor.shape)}`)
  return { shape: tensor.shape, dtype: tensor.dtype, data: Float64Array.from(data) }
}

/**
 * Runs a graph from the plain definitions of its operations, in float64: slow, obvious, the oracle of lowerings,
 * gradients and equivalences. `bindings` gives the inputs their values, and may give any other tensor one.
 */
export function interpret(outputs: readonly Tensor[], bindings: ReadonlyMap<Tensor, Value>): Value[] {
  const values = new Map(bindings)
  const needed = new Set<Node>()
  const stack = [...outputs]
  while (stack.length > 0) {
    const x = stack.pop()!
    if (values.has(x) || needed.has(x.node)) continue
    needed.add(x.node)
    stack.push(...x.node.inputs)
  }
  for (const node of [...needed].sort((a, b) => a.id - b.id)) {
    const inputs = node.inputs.map((x) => values.get(x)!)
    primitive(node.op)
      .evaluate(inputs, node.attributes, node.outputs)
      .forEach((data, i) => {
        const { shape, dtype } = node.outputs[i]!
        if (!values.has(node.outputs[i]!)) values.set(node.outputs[i]!, { shape, dtype, data })
      })
  }
  return outputs.map((x) => values.get(x)!)
}
