import type { Primitive, Value } from '../primitive.js'
import { constant, type Node, type Tensor } from '../tensor.js'
import { GraphError, show, sizeOf, type TensorType } from '../types.js'
import { broadcastOffsets } from './elementwise.js'
import { range } from './shape.js'

const kept = (node: Node): number[] =>
  node.inputs[0]!.shape.map((size, i) => (node.attributes.axes.includes(i) ? 1 : size))

function infer([x]: readonly Tensor[], { axes, keepDims }: { axes: number[]; keepDims: boolean }): TensorType[] {
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

const lower = (onnx: string): Primitive['lower'] => {
  return (emit, { inputs: [x], attributes: { axes, keepDims } }) => {
    if (axes.length === 0) return [emit.name(x!)]
    return emit.node(onnx, [emit.name(x!), emit.int64s(axes)], { keepdims: keepDims ? 1 : 0 })
  }
}

export const reductions: Record<string, Primitive> = {
  sum: {
    infer,
    evaluate: ([x], { axes }) => fold(x!, axes, 0, (a, b) => a + b),
    gradient: (node, [g]) => [g!.reshape(kept(node))],
    // The square and its sum in one pass over memory.
    lower: (emit, node) => {
      const [x] = node.inputs as [Tensor]
      if (x.node.op !== 'square') return lower('ReduceSum')(emit, node)
      return lower('ReduceSumSquare')(emit, { ...node, inputs: x.node.inputs })
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
    lower: lower('ReduceMax'),
  },
  topK: {
    infer: ([x], { k }) => {
      if (!(k >= 1 && k <= x!.shape.at(-1)!)) throw new GraphError(`topK: ${k} of an axis of ${show(x!.shape)}`)
      const shape = x!.shape.with(-1, k)
      return [
        { shape, dtype: 'float32' },
        { shape, dtype: 'int32' },
      ]
    },
    evaluate: ([x], { k }) => {
      const size = x!.shape.at(-1)!
      const rows = Array.from({ length: x!.data.length / size }, (_, row) => {
        const own = x!.data.subarray(row * size, (row + 1) * size)
        const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b)
        return order.slice(0, k).map((index) => ({ index, value: own[index]! }))
      }).flat()
      return [Float64Array.from(rows, ({ value }) => value), Float64Array.from(rows, ({ index }) => index)]
    },
    gradient: ({ inputs: [x], outputs: [values, indices] }, [g]) => {
      const chosen = indices!
        .reshape([...values!.shape, 1])
        .equal(range(x!.shape.at(-1)!))
        .cast('float32')
      return [chosen.mul((g ?? constant(0).broadcastTo(values!.shape)).reshape([...values!.shape, 1])).sum(-2)]
    },
    lower: (emit, { inputs: [x], attributes: { k } }) => {
      const [values, indices] = emit.node('TopK', [emit.name(x!), emit.int64s([k])], {}, 2) as [string, string]
      return [values, ...emit.cast(indices, 'int32')]
    },
  },
}
