import { primitive } from './primitives/table.js'
import { asAdjointOf, asDerivative, constant, type Node, type Tensor } from './tensor.js'
import { GraphError, show } from './types.js'

/** The nodes that the outputs depend on, in the order of tracing. */
export function reachable(outputs: readonly Tensor[], inside: (node: Node) => boolean = () => true): Node[] {
  const seen = new Set<Node>()
  const stack = outputs.map((tensor) => tensor.node)
  while (stack.length > 0) {
    const node = stack.pop()!
    if (seen.has(node) || !inside(node)) continue
    seen.add(node)
    for (const { node: source } of node.inputs) stack.push(source)
  }
  return [...seen].sort((a, b) => a.id - b.id)
}

/**
 * Reverse mode: what the cotangents of the outputs make of those of `sources`; undefined where nothing flows.
 * Every node made on the way is marked with the forward node whose derivative it is: the certificate reads that mark.
 */
export function pullback(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | undefined)[],
  sources: readonly Tensor[],
): (Tensor | undefined)[] {
  return asDerivative(() => {
    const wanted = new Set(sources)
    const nodes = reachable(outputs)
    const depends = new Set<Node>()
    for (const node of nodes)
      if (node.outputs.some((y) => wanted.has(y)) || node.inputs.some((x) => depends.has(x.node))) depends.add(node)

    const gathered = new Map<Tensor, Tensor>()
    const accumulate = (tensor: Tensor, cotangent: Tensor | undefined): void => {
      if (!cotangent) return
      const before = gathered.get(tensor)
      gathered.set(tensor, before ? asAdjointOf(tensor.node, () => before.add(cotangent)) : cotangent)
    }
    outputs.forEach((output, i) => {
      accumulate(output, cotangents[i])
    })

    for (const node of nodes.reverse()) {
      if (!depends.has(node) || !node.inputs.some((x) => depends.has(x.node))) continue
      if (!node.outputs.some((y) => gathered.has(y))) continue
      const { gradient, elementwise } = primitive(node.op)
      if (!gradient) {
        if (node.outputs.every((y) => y.dtype !== 'float32')) continue
        throw new GraphError(`grad: ${node.op} has no derivative; stop the gradient before it`)
      }
      asAdjointOf(node, () => {
        const own = node.outputs.map((y) => {
          const g = gathered.get(y)
          return elementwise ? g : g?.broadcastTo(y.shape)
        })
        gradient(node, own as Tensor[]).forEach((cotangent, i) => {
          const source = node.inputs[i]!
          if (depends.has(source.node) && source.dtype === 'float32') accumulate(source, cotangent)
        })
      })
    }
    return sources.map((source) => {
      const g = gathered.get(source)
      const whole = g && asAdjointOf(source.node, () => g.broadcastTo(source.shape))
      if (whole) differentiated.set(whole, [...(differentiated.get(whole) ?? []), source])
      return whole
    })
  })
}

const differentiated = new WeakMap<Tensor, readonly Tensor[]>()

/** The tensors whose gradient this one is, as some call of `grad` handed it out; empty for other tensors. */
export const gradientOf = (tensor: Tensor): readonly Tensor[] => differentiated.get(tensor) ?? []

/**
 * The derivatives of a scalar loss. `sources`: any float32 tensors that the loss was computed from; a source that the
 * loss does not depend on gets zeros. Throws a GraphError if the loss is no float32 scalar.
 */
export function grad(loss: Tensor, sources: readonly Tensor[]): Tensor[] {
  if (loss.size !== 1 || loss.dtype !== 'float32')
    throw new GraphError(`grad: the loss must be one float32 number, got ${loss.dtype} ${show(loss.shape)}`)
  return asDerivative(() => {
    const seed = asAdjointOf(loss.node, () => constant(1).broadcastTo(loss.shape))
    return pullback([loss], [seed], sources).map((g, i) => g ?? constant(0).broadcastTo(sources[i]!.shape))
  })
}
