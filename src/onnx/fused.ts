import type { Node, Tensor } from '../graph/tensor.js'
import type { Emitter } from './emitter.js'

/** ONNX Runtime adds an offset within a Gemm where a Sum of two asks for it; to an Add it is deaf. */
export function emitAdd(emit: Emitter, { inputs }: Node): string[] {
  const [a, b] = inputs as [Tensor, Tensor]
  const { op, attributes } = a.node
  const isGemm = op === 'matmul' && a.rank === 2 && attributes.transposeB && !attributes.transposeA
  return emit.node(emit.tuned && isGemm && b.size < a.size ? 'Sum' : 'Add', inputs)
}
