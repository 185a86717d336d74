import type { Primitive } from '../primitive.js'
import { apply, constant, type Tensor } from '../tensor.js'
import { GraphError, show, sizeOf } from '../types.js'
import { dilate, reversed } from './shape.js'
import { type Convolution, eachProduct, windowCount } from './window.js'

export const convolutions: Record<'conv2d' | 'convolutionWeightGradient', Primitive> = {
  conv2d: {
    infer: ([x, w], attributes: Convolution & { op?: string }) => {
      const { op = 'conv2d' } = attributes
      const [n, channels, height, width] = x!.shape as [number, number, number, number]
      const [out, perGroup, kh, kw] = w!.shape as [number, number, number, number]
      if (x!.rank !== 4 || w!.rank !== 4 || perGroup * attributes.groups !== channels || out % attributes.groups !== 0)
        throw new GraphError(
          `${op}: ${show(x!.shape)} and weights ${show(w!.shape)} do not fit ${attributes.groups} group(s)`,
        )
      const rows = windowCount(height, kh, 0, attributes)
      const columns = windowCount(width, kw, 1, attributes)
      if (rows < 1 || columns < 1)
        throw new GraphError(`${op}: weights ${show(w!.shape)} are larger than the padded input ${show(x!.shape)}`)
      return [{ shape: [n, out, rows, columns], dtype: 'float32' }]
    },
    evaluate: ([x, w], attributes, [output]) => {
      const result = new Float64Array(sizeOf(output!.shape))
      eachProduct(x!.shape, w!.shape, output!.shape, attributes, (cell, weight, out) => {
        result[out]! += x!.data[cell]! * w!.data[weight]!
      })
      return [result]
    },
    gradient: ({ inputs: [x, w], attributes }, [g]) => [
      convolutionInputGradient('conv2d', g!, x!, w!, attributes),
      apply('convolutionWeightGradient', [x!, g!], { ...attributes, weights: w!.shape })[0],
    ],
  },
  /** The input [N, C, H, W] with the cotangent [N, O, H', W']; the attribute `weights` is [O, C/groups, KH, KW]. */
  convolutionWeightGradient: {
    infer: (_, { weights }) => [{ shape: weights, dtype: 'float32' }],
    evaluate: ([x, g], attributes, [output]) => {
      const result = new Float64Array(sizeOf(output!.shape))
      eachProduct(x!.shape, output!.shape, g!.shape, attributes, (cell, weight, out) => {
        result[weight]! += x!.data[cell]! * g!.data[out]!
      })
      return [result]
    },
    gradient: ({ inputs: [x, g], attributes }, [w]) => [
      convolutionInputGradient('conv2d', g!, x!, w!, attributes),
      apply('conv2d', [x!, w!], attributes)[0],
    ],
  },
}

/** A convolution of the spread-out cotangent with the flipped weights, inputs and outputs swapped in each group. */
export function convolutionInputGradient(
  op: 'conv2d' | 'quantizedConv2d',
  g: Tensor,
  x: Tensor,
  w: Tensor,
  attributes: Convolution,
): Tensor {
  const { stride, padding, groups } = attributes
  const [out, perGroup, kh, kw] = w.shape as [number, number, number, number]
  let spread = g
  const pads: [number, number][] = []
  for (const axis of [0, 1] as const) {
    const kernel = [kh, kw][axis]!
    const count = (g.shape[2 + axis]! - 1) * stride[axis] + 1
    const unread = x.shape[2 + axis]! + padding[axis][0] + padding[axis][1] - kernel - count + 1
    const [before, after] = [kernel - 1 - padding[axis][0], kernel - 1 - padding[axis][1] + unread]
    // Padding wider than the kernel less one: the outermost outputs saw zeros alone, and are cut off.
    const [first, end] = [Math.max(0, -before), count + Math.min(0, after)]
    if (first >= end) return constant(0).broadcastTo(x.shape)
    spread = dilate(spread, 2 + axis, stride[axis]).slice(2 + axis, first, end)
    pads.push([Math.max(0, before), Math.max(0, after)])
  }
  const swapped = reversed(w.reshape([out * perGroup, kh * kw]).transpose())
    .transpose()
    .reshape([groups, out / groups, perGroup, kh, kw])
    .transpose([0, 2, 1, 3, 4])
    .reshape([groups * perGroup, out / groups, kh, kw])
  return apply(op, [spread, swapped], { ...attributes, stride: [1, 1], padding: pads })[0]!
}
