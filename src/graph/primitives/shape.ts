import type { Emitter } from '../../onnx/emitter.js'
import type { Primitive } from '../primitive.js'
import { constant, type Tensor } from '../tensor.js'
import { broadcastShapes, type DType, GraphError, sameShape, show, sizeOf, stridesOf } from '../types.js'
import { broadcastOffsets } from './elementwise.js'

/** For every element of `shape`, its position on each axis, handed to `visit`. */
function forEachPosition(shape: readonly number[], visit: (position: number[], index: number) => void): void {
  const position = shape.map(() => 0)
  const size = sizeOf(shape)
  for (let index = 0; index < size; index++) {
    visit(position, index)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position[axis]!++
      if (position[axis]! < shape[axis]!) break
      position[axis] = 0
    }
  }
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

/** Lowers an operation that moves elements about: where WebGPU has no kernel for bool, they go as int32. */
function moving(
  emit: Emitter,
  inputs: readonly Tensor[],
  lower: (names: string[], dtype: DType) => string[],
): string[] {
  const [{ dtype }] = inputs as [Tensor]
  const detour = emit.device === 'webgpu' && dtype === 'bool'
  const names = inputs.map((x) => (detour ? emit.cast(x, 'int32')[0]! : emit.name(x)))
  const outputs = lower(names, detour ? 'int32' : dtype)
  return detour ? emit.cast(outputs[0]!, 'bool') : outputs
}

export const shaping: Record<string, Primitive> = {
  input: {
    infer: (_, { shape, dtype }) => [{ shape, dtype }],
    evaluate: (_, { name }) => {
      throw new GraphError(`the input ${name} was given no value`)
    },
    lower: (_, { attributes }) => [attributes.name],
  },
  constant: {
    infer: (_, { shape, dtype }) => [{ shape, dtype }],
    evaluate: (_, { data }) => [Float64Array.from(data)],
    lower: (emit, { attributes }) => [emit.initializer(attributes)],
  },
  reshape: {
    infer: ([x], { shape }) => {
      if (sizeOf(shape) !== x!.size)
        throw new GraphError(`reshape: ${show(x!.shape)} has ${x!.size} elements, ${show(shape)} ${sizeOf(shape)}`)
      return [{ shape, dtype: x!.dtype }]
    },
    evaluate: ([x]) => [x!.data],
    gradient: ({ inputs: [x] }, [g]) => [g!.reshape(x!.shape)],
    lower: (emit, { inputs: [x], attributes }) => emit.node('Reshape', [x!, emit.int64s(attributes.shape)]),
  },
  transpose: {
    infer: ([x], { order }) => {
      if ([...order].sort((a, b) => a - b).some((axis, i) => axis !== i) || order.length !== x!.rank)
        throw new GraphError(`transpose: ${show(order)} is no order of the axes of ${show(x!.shape)}`)
      return [{ shape: order.map((axis: number) => x!.shape[axis]), dtype: x!.dtype }]
    },
    evaluate: ([x], { order }, [output]) => {
      const strides = stridesOf(x!.shape)
      const result = new Float64Array(x!.data.length)
      const own = order.map((axis: number) => strides[axis])
      forEachPosition(output!.shape, (position, i) => {
        result[i] = x!.data[dot(position, own)]!
      })
      return [result]
    },
    gradient: ({ attributes: { order } }, [g]) => [g!.transpose(order.map((_: number, i: number) => order.indexOf(i)))],
    lower: (emit, { inputs, attributes }) =>
      moving(emit, inputs, (names) => emit.node('Transpose', names, { perm: attributes.order })),
  },
  broadcastTo: {
    infer: ([x], { shape }) => {
      if (!sameShape(broadcastShapes(x!.shape, shape) ?? [], shape))
        throw new GraphError(`broadcastTo: ${show(x!.shape)} does not broadcast to ${show(shape)}`)
      return [{ shape, dtype: x!.dtype }]
    },
    evaluate: ([x], { shape }) => {
      const offsets = broadcastOffsets(x!.shape, shape)
      return [Float64Array.from(offsets, (offset) => x!.data[offset]!)]
    },
    gradient: ({ inputs: [x], outputs: [y] }, [g]) => {
      const lead = y!.rank - x!.rank
      const axes = y!.shape.map((_, i) => i).filter((i) => i < lead || (x!.shape[i - lead] === 1 && y!.shape[i] !== 1))
      return [g!.sum(axes, true).reshape(x!.shape)]
    },
    lower: (emit, { inputs: [x], attributes }) => emit.node('Expand', [x!, emit.int64s(attributes.shape)]),
  },
  slice: {
    infer: ([x], { axis, start, end, step }) => {
      const size = x!.shape[axis]!
      if (!(start >= 0 && end <= size && start < end && step >= 1))
        throw new GraphError(
          `slice: [${start}, ${end}) in steps of ${step} does not lie in axis ${axis} of ${show(x!.shape)}`,
        )
      return [{ shape: x!.shape.with(axis, Math.ceil((end - start) / step)), dtype: x!.dtype }]
    },
    evaluate: ([x], { axis, start, step }, [output]) => {
      const strides = stridesOf(x!.shape)
      const result = new Float64Array(sizeOf(output!.shape))
      const own = strides.with(axis, strides[axis]! * step)
      forEachPosition(output!.shape, (position, i) => {
        result[i] = x!.data[start * strides[axis]! + dot(position, own)]!
      })
      return [result]
    },
    gradient: ({ inputs: [x], attributes: { axis, start, step } }, [g]) => {
      const spread = dilate(g!, axis, step)
      const after = x!.shape[axis]! - start - spread.shape[axis]!
      const fitted = after < 0 ? spread.slice(axis, 0, spread.shape[axis]! + after) : spread
      return [fitted.pad(x!.shape.map((_, i) => (i === axis ? [start, Math.max(after, 0)] : [0, 0])))]
    },
    lower: (emit, { inputs: [x], outputs: [y], attributes: { axis, start, end, step } }) => {
      if (emit.device !== 'webgpu' || x!.dtype === 'float32')
        return emit.node('Slice', [x!, ...[[start], [end], [axis], [step]].map((v) => emit.int64s(v))])
      const chosen = Array.from({ length: y!.shape[axis]! }, (_, i) => start + i * step)
      return emit.node('Gather', [x!, emit.int64s(chosen)], { axis })
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
    evaluate: ([x], { widths, value }, [output]) => {
      const strides = stridesOf(output!.shape)
      const result = new Float64Array(sizeOf(output!.shape)).fill(value)
      const before = dot(
        widths.map(([w]: [number]) => w),
        strides,
      )
      forEachPosition(x!.shape, (position, i) => {
        result[before + dot(position, strides)] = x!.data[i]!
      })
      return [result]
    },
    gradient: ({ inputs: [x], attributes: { widths } }, [g]) => [
      x!.shape.reduce((inner, size, i) => inner.slice(i, widths[i][0], widths[i][0] + size), g!),
    ],
    lower: (emit, { inputs, attributes: { widths, value } }) => {
      const pads = [...widths.map(([before]: number[]) => before), ...widths.map(([, after]: number[]) => after)]
      return moving(emit, inputs, ([name], dtype) =>
        emit.node('Pad', [name!, emit.int64s(pads), emit.scalar(value, dtype)], { mode: 'constant' }),
      )
    },
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
    evaluate: (inputs, { axis }, [output]) => {
      const strides = stridesOf(output!.shape)
      const result = new Float64Array(sizeOf(output!.shape))
      let start = 0
      for (const { shape, data } of inputs) {
        forEachPosition(shape, (position, i) => {
          result[start * strides[axis]! + dot(position, strides)] = data[i]!
        })
        start += shape[axis]!
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
    lower: (emit, { inputs, attributes }) =>
      moving(emit, inputs, (names) => emit.node('Concat', names, { axis: attributes.axis })),
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
    // Rows that were chosen more than once add up: a product with the one-hot indices, which every device has.
    gradient: ({ inputs: [x, indices] }, [g]) => {
      const flat = indices!.reshape([-1])
      const chosen = flat.reshape([-1, 1]).equal(range(x!.shape[0]!)).cast('float32')
      const rows = g!.reshape([flat.size, -1])
      return [chosen.matmul(rows, { transposeA: true }).reshape(x!.shape), undefined]
    },
    lower: (emit, { inputs }) => emit.node('Gather', inputs, { axis: 0 }),
  },
}

/** Puts step - 1 zeros after each element of one axis. */
export function dilate(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x
  const inner = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)]
  const spread = x.reshape(inner).pad(inner.map((_, i) => (i === axis + 1 ? [0, step - 1] : [0, 0])))
  return spread.reshape(x.shape.with(axis, x.shape[axis]! * step))
}

/** 0, 1, ..., count - 1 as int32. */
export const range = (count: number): Tensor =>
  constant(
    Int32Array.from({ length: count }, (_, i) => i),
    [count],
    'int32',
  )

/** Rows of the first axis, the last one first. */
export const reversed = (x: Tensor): Tensor =>
  x.gather(
    constant(
      Int32Array.from({ length: x.shape[0]! }, (_, i) => x.shape[0]! - 1 - i),
      undefined,
      'int32',
    ),
  )
