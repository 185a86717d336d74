import type { Primitive } from '../primitive.js'
import { apply, concat, type Tensor } from '../tensor.js'
import { GraphError, sameShape, show, sizeOf } from '../types.js'
import { dilate, reversed } from './shape.js'
import { type Convolution, eachProduct, onnxWindow, slice, views, windowCount } from './window.js'

export const products: Record<string, Primitive> = {
  matmul: {
    infer: ([a, b], { transposeA, transposeB, op = 'matmul' }) => {
      const [m, k] = transposeA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!]
      const [k2, n] = transposeB ? [b!.shape.at(-1)!, b!.shape.at(-2)!] : [b!.shape.at(-2)!, b!.shape.at(-1)!]
      const batch = a!.shape.slice(0, -2)
      if (a!.rank < 2 || a!.rank !== b!.rank || k !== k2 || !sameShape(batch, b!.shape.slice(0, -2)))
        throw new GraphError(
          `${op}: ${show(a!.shape)}${transposeA ? ' transposed' : ''} and ${show(b!.shape)}${transposeB ? ' transposed' : ''} do not multiply`,
        )
      if (a!.dtype !== 'float32' || b!.dtype !== 'float32') throw new GraphError(`${op}: both operands must be float32`)
      return [{ shape: [...batch, m, n], dtype: 'float32' }]
    },
    evaluate: ([a, b], { transposeA, transposeB }, [output]) => {
      const [m, n] = output!.shape.slice(-2) as [number, number]
      const k = a!.shape.at(transposeA ? -2 : -1)!
      const result = new Float64Array(sizeOf(output!.shape))
      for (let batch = 0; batch < result.length / (m * n); batch++)
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0
            for (let l = 0; l < k; l++)
              sum +=
                a!.data[batch * m * k + (transposeA ? l * m + i : i * k + l)]! *
                b!.data[batch * k * n + (transposeB ? j * k + l : l * n + j)]!
            result[(batch * m + i) * n + j] = sum
          }
      return [result]
    },
    gradient: ({ inputs: [a, b], attributes: { transposeA, transposeB } }, [g]) => [
      transposeA
        ? b!.matmul(g!, { transposeA: transposeB, transposeB: true })
        : g!.matmul(b!, { transposeB: !transposeB }),
      transposeB
        ? g!.matmul(a!, { transposeA: true, transposeB: transposeA })
        : a!.matmul(g!, { transposeA: !transposeA }),
    ],
    lower: (emit, { inputs: [a, b], attributes: { transposeA, transposeB } }) => {
      // A transposed left operand is faster as a node of its own (emitted once for all products that read it).
      if (a!.rank === 2 && transposeB && !transposeA) return emit.node('Gemm', [a!, b!], { transB: 1 })
      const perm = a!.shape.map((_, i) => (i < a!.rank - 2 ? i : 2 * a!.rank - 3 - i))
      const swapped = (x: Tensor): string => emit.one('Transpose', [x], { perm })
      return emit.node('MatMul', [transposeA ? swapped(a!) : a!, transposeB ? swapped(b!) : b!])
    },
  },
  conv2d: {
    infer: ([x, w], attributes: Convolution & { op?: string }) => {
      const { op = 'conv2d' } = attributes
      const [n, channels, height, width] = x!.shape as [number, number, number, number]
      const [out, perGroup, kh, kw] = w!.shape as [number, number, number, number]
      const rows = windowCount(height, kh, 0, attributes)
      const columns = windowCount(width, kw, 1, attributes)
      if (x!.rank !== 4 || w!.rank !== 4 || perGroup * attributes.groups !== channels || out % attributes.groups !== 0)
        throw new GraphError(
          `${op}: ${show(x!.shape)} and weights ${show(w!.shape)} do not fit ${attributes.groups} group(s)`,
        )
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
      convolutionWeightGradient(g!, x!, w!, attributes),
    ],
    lower: (emit, { inputs: [x, w], attributes }) => {
      const { strides, pads } = onnxWindow(attributes)
      const [top, left, bottom, right] = pads as [number, number, number, number]
      // WebGPU makes a matrix product of such a convolution, and forgets the padding; the output can be padded instead.
      const pointwise = w!.shape[2] === 1 && w!.shape[3] === 1 && strides.every((stride) => stride === 1)
      if (emit.device !== 'webgpu' || !pointwise || pads.every((width) => width === 0))
        return emit.node('Conv', [x!, w!], { strides, pads, group: attributes.groups })
      const inner = emit.one('Conv', [x!, w!], { group: attributes.groups })
      return emit.node('Pad', [inner, emit.int64s([0, 0, top, left, 0, 0, bottom, right]), emit.scalar(0)])
    },
  },
}

/** A convolution of the spread-out cotangent with the flipped weights, inputs and outputs swapped in each group. */
export function convolutionInputGradient(op: string, g: Tensor, x: Tensor, w: Tensor, attributes: Convolution): Tensor {
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
    spread = dilate(spread, 2 + axis, stride[axis]).slice(2 + axis, Math.max(0, -before), count + Math.min(0, after))
    pads.push([Math.max(0, before), Math.max(0, after)])
  }
  const swapped = reversed(w.reshape([out * perGroup, kh * kw]).transpose())
    .transpose()
    .reshape([groups, out / groups, perGroup, kh, kw])
    .transpose([0, 2, 1, 3, 4])
    .reshape([groups * perGroup, out / groups, kh, kw])
  return apply(op, [spread, swapped], { ...attributes, stride: [1, 1], padding: pads })[0]!
}

/** Up to so many numbers under a kernel are unfolded: products with single channels would read the cotangent too often. */
const FEW = 36

/** Images of so many channels are unfolded along a kernel's row, so that a product has more columns than these. */
const NARROW = 16

/**
 * One product for each position of the kernel, or each of its rows: the cotangent's rows, one a channel, [out, N*H*W],
 * against the shifted input's, one a place, [N*H*W, in], so that no product needs an operand transposed.
 */
function convolutionWeightGradient(g: Tensor, x: Tensor, w: Tensor, { stride, padding, groups }: Convolution): Tensor {
  const [out, perGroup, kh, kw] = w.shape as [number, number, number, number]
  const [n, , rows, columns] = g.shape as [number, number, number, number]
  const padded = x.pad([[0, 0], [0, 0], padding[0], padding[1]])
  if (groups === 1 && perGroup * kh * kw <= FEW) {
    const seen = views(padded, slice, [kh, kw], g.shape.slice(2), { stride, padding }, 2)
    const unfolded = concat(seen, 1).reshape([n, kh * kw * perGroup, rows * columns])
    const each = g.reshape([n, out, rows * columns]).matmul(unfolded, { transposeB: true })
    const summed = each.sum(0).reshape([out, kh * kw, perGroup])
    return summed.transpose([0, 2, 1]).reshape(w.shape)
  }
  const depthwise = perGroup === 1 && out === groups
  const cotangent = depthwise
    ? g
    : g.transpose([1, 0, 2, 3]).reshape(groups === 1 ? [out, -1] : [groups, out / groups, -1])
  const byPlace = (t: Tensor): Tensor =>
    groups === 1 ? t.reshape([-1, t.shape[3]!]) : t.reshape([-1, groups, perGroup]).transpose([1, 0, 2])
  const product = (shifted: Tensor): Tensor =>
    depthwise ? shifted.mul(cotangent).sum([0, 2, 3]) : cotangent.matmul(byPlace(shifted))
  const [source, axis] = depthwise ? [padded, 2] : [padded.transpose([0, 2, 3, 1]), 1]
  const height = source.shape[axis]!
  const across = views(source, slice, [1, kw], [height, columns], { stride: [1, stride[1]], padding }, axis)
  const bands = (groups === 1 && perGroup <= NARROW ? [concat(across, 3)] : across).map((band) =>
    views(band, slice, [kh, 1], [rows, columns], { stride: [stride[0], 1], padding }, axis),
  )
  const parts = bands[0]!.map((_, row) => {
    const each = bands.map((band) => product(band[row]!).reshape([out, -1]))
    return concat(each, 1).reshape([1, out, kw, perGroup])
  })
  return concat(parts, 0).transpose([1, 3, 0, 2])
}
