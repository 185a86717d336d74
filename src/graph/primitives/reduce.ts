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

export const reductions: Record<'sum' | 'max', Primitive> = {
  sum: {
    infer,
    evaluate: ([x], { axes }) => fold(x!, axes, 0, (a, b) => a + b),
    gradient: (node, [g]) => [g!.reshape(kept(node))],
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
  },
}
