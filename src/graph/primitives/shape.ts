import { oneHot } from '../functions.js'
import type { Primitive, Value } from '../primitive.js'
import { constant, type Tensor } from '../tensor.js'
import { broadcastShapes, GraphError, offsetsOf, sameShape, show, sizeOf, stridesOf } from '../types.js'
import { broadcastOffsets, unbroadcast } from './elementwise.js'

const pick = (data: Float64Array, offsets: Int32Array): Float64Array =>
  Float64Array.from(offsets, (offset) => data[offset]!)

function place(target: Float64Array, { shape, data }: Value, strides: readonly number[], start: number): void {
  for (const [i, offset] of offsetsOf(shape, strides, start).entries()) target[offset] = data[i]!
}

export const shaping = {
  input: {
    infer: (_, { shape, dtype }) => [{ shape, dtype }],
    evaluate: (_, { name }) => {
      throw new GraphError(`the input ${name} was given no value`)
    },
  },
  constant: {
    infer: (_, { shape, dtype }) => [{ shape, dtype }],
    evaluate: (_, { data }) => [Float64Array.from(data)],
  },
  reshape: {
    infer: ([x], { shape }) => {
      if (sizeOf(shape) !== x!.size || !shape.every((size: number) => Number.isInteger(size) && size >= 0))
        throw new GraphError(`reshape: ${show(x!.shape)} has ${x!.size} elements, ${show(shape)} ${sizeOf(shape)}`)
      return [{ shape, dtype: x!.dtype }]
    },
    evaluate: ([x]) => [x!.data],
    gradient: ({ inputs: [x] }, [g]) => [g!.reshape(x!.shape)],
  },
  transpose: {
    infer: ([x], { order }) => {
      if ([...order].sort((a, b) => a - b).some((axis, i) => axis !== i) || order.length !== x!.rank)
        throw new GraphError(`transpose: ${show(order)} is no order of the axes of ${show(x!.shape)}`)
      return [{ shape: order.map((axis: number) => x!.shape[axis]), dtype: x!.dtype }]
    },
    evaluate: ([x], { order }, [y]) => {
      const strides = stridesOf(x!.shape)
      const own = order.map((axis: number) => strides[axis])
      return [pick(x!.data, offsetsOf(y!.shape, own))]
    },
    gradient: ({ attributes: { order } }, [g]) => [g!.transpose(order.map((_: number, i: number) => order.indexOf(i)))],
  },
  broadcastTo: {
    infer: ([x], { shape }) => {
      if (!sameShape(broadcastShapes(x!.shape, shape) ?? [], shape))
        throw new GraphError(`broadcastTo: ${show(x!.shape)} does not broadcast to ${show(shape)}`)
      return [{ shape, dtype: x!.dtype }]
    },
    evaluate: ([x], { shape }) => [pick(x!.data, broadcastOffsets(x!.shape, shape))],
    gradient: ({ inputs: [x], outputs: [y] }, [g]) => [unbroadcast(g!, x!.shape, y!.shape)],
  },
  slice: {
    infer: ([x], { axis, start, end, step }) => {
      const size = x!.shape[axis]!
      if (!([start, end, step].every(Number.isInteger) && start >= 0 && end <= size && start < end && step >= 1))
        throw new GraphError(
          `slice: [${start}, ${end}) in steps of ${step} does not lie in axis ${axis} of ${show(x!.shape)}`,
        )
      return [{ shape: x!.shape.with(axis, Math.ceil((end - start) / step)), dtype: x!.dtype }]
    },
    evaluate: ([x], { axis, start, step }, [y]) => {
      const strides = stridesOf(x!.shape)
      const own = strides.with(axis, strides[axis]! * step)
      return [pick(x!.data, offsetsOf(y!.shape, own, start * strides[axis]!))]
    },
    gradient: ({ inputs: [x], attributes: { axis, start, step } }, [g]) => {
      const spread = dilate(g!, axis, step)
      const after = x!.shape[axis]! - start - spread.shape[axis]!
      const fitted = after < 0 ? spread.slice(axis, 0, spread.shape[axis]! + after) : spread
      return [fitted.pad(x!.shape.map((_, i) => (i === axis ? [start, Math.max(after, 0)] : [0, 0])))]
    },
  },
  pad: {
    infer: ([x], { widths }) => {
      if (widths.length !== x!.rank || widths.flat().some((w: number) => w < 0))
        throw new GraphError(
          `pad: expected one [before, after] pair of whole numbers for each axis of ${show(x!.shape)}`,
        )
      return [{ shape: x!.shape.map((size, i) => size + widths[i][0] + widths[i][1]), dtype: x!.dtype }]
    },
    evaluate: ([x], { widths, value }, [y]) => {
      const strides = stridesOf(y!.shape)
      const result = new Float64Array(sizeOf(y!.shape)).fill(value)
      const start = strides.reduce((sum, stride, i) => sum + stride * widths[i][0], 0)
      place(result, x!, strides, start)
      return [result]
    },
    gradient: ({ inputs: [x], attributes: { widths } }, [g]) => [
      x!.shape.reduce((inner, size, i) => inner.slice(i, widths[i][0], widths[i][0] + size), g!),
    ],
  },
  concat: {
    infer: (inputs, { axis }) => {
      const [first] = inputs as [Tensor]
      for (const x of inputs)
        if (x.dtype !== first.dtype || !sameShape(x.shape.with(axis, 0), first.shape.with(axis, 0)))
          throw new GraphError(`concat: ${show(first.shape)} and ${show(x.shape)} do not fit along axis ${axis}`)
      const size = inputs.reduce((sum, x) => sum + x.shape[axis]!, 0)
      return [{ shape: first.shape.with(axis, size), dtype: first.dtype }]
    },
    evaluate: (inputs, { axis }, [y]) => {
      const strides = stridesOf(y!.shape)
      const result = new Float64Array(sizeOf(y!.shape))
      let start = 0
      for (const x of inputs) {
        place(result, x, strides, start)
        start += x.shape[axis]! * strides[axis]!
      }
      return [result]
    },
    gradient: ({ inputs, attributes: { axis } }, [g]) => {
      let start = 0
      return inputs.map((x) => {
        start += x.shape[axis]!
        return g!.slice(axis, start - x.shape[axis]!, start)
      })
    },
  },
  gather: {
    infer: ([x, indices]) => {
      if (indices!.dtype !== 'int32') throw new GraphError(`gather: indices must be int32, got ${indices!.dtype}`)
      return [{ shape: [...indices!.shape, ...x!.shape.slice(1)], dtype: x!.dtype }]
    },
    evaluate: ([x, indices]) => {
      const row = x!.data.length / x!.shape[0]!
      const result = new Float64Array(indices!.data.length * row)
      indices!.data.forEach((index, i) => {
        if (!(index >= 0 && index < x!.shape[0]!)) throw new GraphError(`gather: index ${index} of ${x!.shape[0]} rows`)
        result.set(x!.data.subarray(index * row, (index + 1) * row), i * row)
      })
      return [result]
    },
    // Rows that were chosen more than once add up: a product with the one-hot indices, which every device has. Where
    // the rows only change their order, they go back to their places.
    gradient: ({ inputs: [x, indices] }, [g]) => {
      const back = backFrom(indices!, x!.shape[0]!)
      if (back) return [g!.gather(back), undefined]
      const flat = indices!.reshape([-1])
      const rows = g!.reshape([flat.size, -1])
      return [oneHot(flat, x!.shape[0]!).matmul(rows, { transposeA: true }).reshape(x!.shape), undefined]
    },
  },
} satisfies Record<string, Primitive>

/** The indices that undo an order of all rows; undefined where they are no constant, or leave rows out. */
function backFrom({ node, rank }: Tensor, rows: number): Tensor | undefined {
  if (node.op !== 'constant' || rank !== 1) return undefined
  const order: readonly number[] = Array.from(node.attributes.data)
  const back = Array.from({ length: rows }, (_, row) => order.indexOf(row))
  return order.length === rows && !back.includes(-1) ? constant(back, [rows], 'int32') : undefined
}

/** Puts step - 1 zeros after each element of one axis. */
export function dilate(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x
  const inner = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]
  const spread = x.reshape(inner).pad(inner.map((_, i) => (i === axis + 1 ? [0, step - 1] : [0, 0])))
  return spread.reshape(x.shape.with(axis, x.shape[axis]! * step))
}

/** 0, 1, ..., count - 1 as int32. */
export const range = (count: number): Tensor => constant([...Array(count).keys()], [count], 'int32')

/** Rows of the first axis, the last one first. */
export const reversed = (x: Tensor): Tensor =>
  x.gather(constant([...Array(x.shape[0]!).keys()].reverse(), undefined, 'int32'))
