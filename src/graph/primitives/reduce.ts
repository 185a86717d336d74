import type { Emitter } from '../../onnx/emitter.js'
import type { Primitive, Value } from '../primitive.js'
import type { Node, Tensor } from '../tensor.js'
import { GraphError, show, sizeOf, type TensorType } from '../types.js'
import { broadcastOffsets } from './elementwise.js'

const kept = (node: Node): number[] =>
  node.inputs[0]!.shape.map((size, i) => (node.attributes.axes.includes(i) ? 1 : size))

function infer([x]: readonly Tensor[], { axes, keepDims }: { axes: number[]; keepDims: boolean }): TensorType[] {
  if (x!.dtype === 'bool') throw new GraphError(`sum and max take numbers, got bool ${show(x!.shape)}; cast it`)
  const shape = x!.shape.map((size, i) => (axes.includes(i) ? 1 : size))
  return [{ shape: keepDims ? shape : shape.filter((_, i) => !axes.includes(i)), dtype: x!.dtype }]
}

function fold(x: Value, axes: readonly number[], start: number, f: (a: number, b: number) => number): Float64Array[] {
  const shape = x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
  const offsets = broadcastOffsets(shape, x.shape)
  const result = new Float64Array(sizeOf(shape)).fill(start)
  x.data.forEach((value, i) => {
    result[offsets[i]!] = f(result[offsets[i]!]!, value)
  })
  return [result]
}

function reduce(onnx: string, emit: Emitter, { inputs: [x], outputs: [y], attributes }: Node): string[] {
  const { axes, keepDims } = attributes
  if (axes.length === 0) return [emit.name(x!)]
  if (y!.rank === 0) return emit.node(onnx, [x!, emit.int64s(axes)], { keepdims: 0 })
  // Always with its axes kept: the mean of squares that is goodness here and a length there becomes one node.
  const [sums] = emit.node(onnx, [x!, emit.int64s(axes)], { keepdims: 1 }) as [string]
  return keepDims ? [sums] : emit.node('Reshape', [sums, emit.int64s(y!.shape)])
}

export const reductions: Record<string, Primitive> = {
  sum: {
    infer,
    evaluate: ([x], { axes }) => fold(x!, axes, 0, (a, b) => a + b),
    gradient: (node, [g]) => [g!.reshape(kept(node))],
    lower: (emit, node) => {
      const [x, y, axes] = [node.inputs[0]!, node.outputs[0]!, node.attributes.axes]
      // Over the leading axes, a product with a row of ones takes less than half the time on the CPU.
      const rows = sizeOf(x.shape.slice(0, axes.length))
      const leading = axes.length > 0 && axes.length < x.rank && axes.at(-1) === axes.length - 1
      if (emit.device !== 'cpu' || !leading || x.dtype !== 'float32') return reduce('ReduceSum', emit, node)
      const ones = emit.initializer({ data: new Float32Array(rows).fill(1), shape: [1, rows], dtype: 'float32' })
      const flat = emit.one('Reshape', [x, emit.int64s([rows, x.size / rows])])
      return emit.node('Reshape', [emit.one('MatMul', [ones, flat]), emit.int64s(y.shape)])
    },
  },
  max: {
    infer,
    evaluate: ([x], { axes }) => fold(x!, axes, Number.NEGATIVE_INFINITY, Math.max),
    // Ties share the cotangent equally.
    gradient: (node, [g]) => {
      const [x] = node.inputs as [Tensor]
      const hits = x.equal(node.outputs[0]!.reshape(kept(node))).cast('float32')
      return [hits.mul(g!.reshape(kept(node)).div(hits.sum(node.attributes.axes, true)))]
    },
    lower: (emit, node) => reduce('ReduceMax', emit, node),
  },
}
