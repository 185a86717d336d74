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
    const [x, y, axes] = [node.inputs[0]!, node.outputs[0]!, node.attributes.axes as number[]]
    // Over leading axes, a product with a row of ones takes less than half the time on the CPU. Sums of channels, over
    // the first and the last axes, go over the last ones first: all at once takes the engine far longer.
    const first = axes.filter((axis, i) => axis === i).length
    const last = axes.slice(first)
    const ends = last.every((axis, i) => axis === x.rank - last.length + i)
    if (emit.device !== 'cpu' || first === 0 || axes.length === x.rank || !ends || x.dtype !== 'float32')
      return reduce('ReduceSum', emit, node)
    const lines = last.length > 0 ? emit.one('ReduceSum', [x, emit.int64s(last)], { keepdims: 0 }) : x
    const rows = sizeOf(x.shape.slice(0, first))
    const ones = emit.initializer({ data: new Float32Array(rows).fill(1), shape: [1, rows], dtype: 'float32' })
    const product = emit.one('MatMul', [ones, emit.reshape(lines, [rows, y.size])])
    return emit.node('Reshape', [product, emit.int64s(y.shape)])
  },
  max: (emit, node) => reduce('ReduceMax', emit, node),
} satisfies Record<keyof typeof reductions, Lowering>
