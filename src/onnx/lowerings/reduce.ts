import type { reductions } from '../../graph/primitives/reduce.js'
import type { Node } from '../../graph/tensor.js'
import { sizeOf } from '../../graph/types.js'
import type { Emitter, Lowering } from '../emitter.js'

function reduce(onnx: string, emit: Emitter, { inputs: [x], outputs: [y], attributes }: Node): string[] {
  const { axes, keepDims } = attributes
  if (axes.length === 0) return [emit.name(x!)]
  if (y!.rank === 0) return emit.node(onnx, [x!, emit.int64s(axes)], { keepdims: 0 })
  // The axes are kept at first, so that equal sums become one node, whether their axes are dropped afterwards or not.
  const [sums] = emit.node(onnx, [x!, emit.int64s(axes)], { keepdims: 1 }) as [string]
  return keepDims ? [sums] : emit.node('Reshape', [sums, emit.int64s(y!.shape)])
}

export const reductionLowerings = {
  sum: (emit, node) => {
    const [x, y, axes] = [node.inputs[0]!, node.outputs[0]!, node.attributes.axes]
    // Over the leading axes, a product with a row of ones takes less than half the time on the CPU.
    const rows = sizeOf(x.shape.slice(0, axes.length))
    const leading = axes.length > 0 && axes.length < x.rank && axes.at(-1) === axes.length - 1
    if (emit.device !== 'cpu' || !leading || x.dtype !== 'float32') return reduce('ReduceSum', emit, node)
    const ones = emit.initializer({ data: new Float32Array(rows).fill(1), shape: [1, rows], dtype: 'float32' })
    const flat = emit.one('Reshape', [x, emit.int64s([rows, x.size / rows])])
    return emit.node('Reshape', [emit.one('MatMul', [ones, flat]), emit.int64s(y.shape)])
  },
  max: (emit, node) => reduce('ReduceMax', emit, node),
} satisfies Record<keyof typeof reductions, Lowering>
