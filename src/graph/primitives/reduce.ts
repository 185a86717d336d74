import type { Primitive, Value } from '../primitive.js'
import type { Node, Tensor } from '../tensor.js'
import { GraphError, type Shape, show, sizeOf, type TensorType } from '../types.js'
import { broadcastOffsets } from './elementwise.js'

const kept = (shape: Shape, axes: readonly number[]): number[] => shape.map((size, i) => (axes.includes(i) ? 1 : size))

/** A cotangent or a result with its axes kept. */
const withAxes = (x: Tensor, { inputs: [whole], attributes }: Node): Tensor =>
  x.reshape(kept(whole!.shape, attributes.axes))

function infer([x]: readonly Tensor[], { axes, keepDims }: { axes: number[]; keepDims: boolean }): TensorType[] {
  if (x!.dtype === 'bool') throw new GraphError(`sum and max take numbers, got bool ${show(x!.shape)}; cast it`)
  const shape = keepDims ? kept(x!.shape, axes) : x!.shape.filter((_, i) => !axes.includes(i))
  return [{ shape, dtype: x!.dtype }]
}

function fold(x: Value, axes: readonly number[], start: number, f: (a: number, b: number) => number): Float64Array[] {
  const shape = kept(x.shape, axes)
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
    gradient: (node, [g]) => [withAxes(g!, node)],
  },
  max: {
    infer,
    evaluate: ([x], { axes }) => fold(x!, axes, Number.NEGATIVE_INFINITY, Math.max),
    // Ties share the cotangent equally.
    gradient: (node, [g]) => {
      const [x] = node.inputs as [Tensor]
      const hits = x.equal(withAxes(node.outputs[0]!, node)).cast('float32')
      return [hits.mul(withAxes(g!, node).div(hits.sum(node.attributes.axes, true)))]
    },
  },
}
