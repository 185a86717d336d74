import { reachable } from '../graph/gradient.js'
import { apply, type Node, type Tensor } from '../graph/tensor.js'
import { sameShape } from '../graph/types.js'
import type { Emitter } from './emitter.js'
import type { StepGraph } from './program.js'

/** Below so many elements a node costs more than a pass over them. */
const LEAST = 2 ** 14

interface Parts {
  readonly x: Tensor
  readonly c: Tensor
  readonly z: Tensor
}

/**
 * The same step with z + c x and z - c x, c a number and x large, each in one pass. The engine overwrites z if nothing reads
 * it later, and copies it otherwise; it always copies what belongs to the turn of the loop. `overState` says that the state
 * does not, because an earlier step of the same turn made it. The bits stay.
 */
export function multiplyAdds(graph: StepGraph, overState: boolean): StepGraph {
  const results = [...graph.state, ...graph.metrics].map(({ output }) => output)
  const nodes = reachable(results)
  const readers = new Map<Tensor, number>()
  for (const x of [...nodes.flatMap(({ inputs }) => inputs), ...results]) readers.set(x, (readers.get(x) ?? 0) + 1)
  const partsOf = ({ op, inputs: [a, b], outputs: [y] }: Node): Parts | undefined => {
    if ((op !== 'add' && op !== 'sub') || y!.dtype !== 'float32' || y!.size < LEAST) return undefined
    const orders = op === 'add' ? [[a!, b!] as const, [b!, a!] as const] : [[a!, b!] as const]
    for (const [z, product] of orders) {
      if (product.node.op !== 'mul' || readers.get(product) !== 1 || !sameShape(z.shape, y!.shape)) continue
      if (z.node.op === 'input' && !overState) continue
      const [x, c] = [...product.node.inputs].sort((p, q) => q.rank - p.rank) as [Tensor, Tensor]
      if (c.rank === 0 && sameShape(x.shape, y!.shape)) return { x, c: op === 'add' ? c : c.neg(), z }
    }
    return undefined
  }
  const made = new Map<Tensor, Tensor>()
  const now = (x: Tensor): Tensor => made.get(x) ?? x
  for (const node of nodes) {
    const parts = partsOf(node)
    if (!parts && !node.inputs.some((x) => made.has(x))) continue
    const { x, c, z } = parts ?? {}
    const outputs = parts
      ? apply('multiplyAdd', [now(x!), now(c!), now(z!)])
      : apply(node.op, node.inputs.map(now), node.attributes)
    for (const [i, y] of node.outputs.entries()) made.set(y, outputs[i]!)
  }
  const renew = <T extends { readonly output: Tensor }>(entry: T): T => ({ ...entry, output: now(entry.output) })
  return { state: graph.state.map(renew), batch: graph.batch, metrics: graph.metrics.map(renew) }
}

/** The one kernel of ONNX Runtime that multiplies and adds: a convolution by one weight, on top of a tensor. */
export function emitMultiplyAdd(emit: Emitter, x: Tensor, c: Tensor, z: Tensor): string {
  if (!emit.tuned) return emit.one('Add', [z, emit.one('Mul', [x, c])])
  const [wide, weight, onto] = [x, c, z].map((t) => emit.reshape(t, [1, 1, 1, t.size])) as [string, string, string]
  return emit.reshape(emit.one('FusedConv', [wide, weight, '', onto]), x.shape)
}

/** ONNX Runtime adds an offset within a Gemm where a Sum of two asks for it; to an Add it is deaf. */
export function emitAdd(emit: Emitter, { inputs }: Node): string[] {
  const [a, b] = inputs as [Tensor, Tensor]
  const { op, attributes } = a.node
  const isGemm = op === 'matmul' && a.rank === 2 && attributes.transposeB && !attributes.transposeA
  return emit.node(emit.tuned && isGemm && b.size < a.size ? 'Sum' : 'Add', inputs)
}
