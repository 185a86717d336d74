import type { quantized } from '../../graph/primitives/quantized.js'
import { views } from '../../graph/primitives/window.js'
import type { Tensor } from '../../graph/tensor.js'
import { GraphError } from '../../graph/types.js'
import type { Emitter, Lowering } from '../emitter.js'
import { divisorWhere, padded, unfold } from '../unfold.js'

/** 255 * 127 * K must fit int32. */
const MAX_INNER = 66_311

interface Bytes {
  bytes: string
  readonly scale: string
}

type LeftBytes = Bytes & { readonly zero: string }

/** Rounds a left operand to uint8. */
function leftBytes(emit: Emitter, x: Tensor): LeftBytes {
  if (emit.device === 'webgpu')
    throw new GraphError('WebGPU has no 8-bit products: use float32 there, or the device cpu')
  const [bytes, scale, zero] = emit.node('DynamicQuantizeLinear', [x], {}, 3) as [string, string, string]
  return { bytes, scale, zero }
}

/** Rounds a right operand to int8. */
function rightBytes(emit: Emitter, x: Tensor, levels: number): Bytes {
  const largest = emit.one('ReduceMax', [emit.one('Abs', [x])], { keepdims: 0 })
  const scale = emit.one('Max', [emit.one('Div', [largest, emit.scalar(levels)]), emit.scalar(1e-30)])
  return { bytes: emit.one('QuantizeLinear', [x, scale, emit.scalar(0, 'int8')]), scale }
}

/** The bytes [..., m, inner] x [..., inner, n], summed in int32, in parts where the sum could overflow; as float32. */
function multiply(emit: Emitter, left: LeftBytes, right: Bytes, inner: number): string {
  const cut = (name: string, axis: number, start: number): string =>
    inner <= MAX_INNER ? name : emit.slice(name, axis, start, Math.min(start + MAX_INNER, inner))
  let sum: string | undefined
  for (let start = 0; start < inner; start += MAX_INNER) {
    const part = emit.one('MatMulInteger', [cut(left.bytes, -1, start), cut(right.bytes, -2, start), left.zero])
    const float = emit.cast(part, 'float32')[0]!
    sum = sum ? emit.one('Add', [sum, float]) : float
  }
  return emit.one('Mul', [sum!, emit.one('Mul', [left.scale, right.scale])])
}

/**
 * Into how many products of whole images a convolution is cut. The engine goes over all sums of a product once for
 * every 128 numbers of its inner axis, so they should fit into a core's cache: half a MiB. But each product has a copy
 * of the weights, so it has at least four times as many rows as there are outputs.
 */
function batchesOf(images: number, cells: number, out: number): number {
  const most = Math.max(2 ** 17 / out, 4 * out)
  return divisorWhere(images, (count) => (images / count) * cells <= most)
}

export const quantizedLowerings = {
  quantizedMatmul: (emit, { inputs: [a, b], attributes: { transposeA, transposeB, levels } }) => {
    const [left, right] = [leftBytes(emit, a!), rightBytes(emit, b!, levels)]
    if (transposeA) left.bytes = emit.one('Transpose', [left.bytes], { perm: [1, 0] })
    if (transposeB) right.bytes = emit.one('Transpose', [right.bytes], { perm: [1, 0] })
    return [multiply(emit, left, right, a!.shape[transposeA ? 0 : 1]!)]
  },
  quantizedConv2d: (emit, { inputs: [x, w], outputs: [y], attributes }) => {
    const [n, out, rows, columns] = y!.shape as [number, number, number, number]
    const [, , kh, kw] = w!.shape as [number, number, number, number]
    const [left, right] = [leftBytes(emit, x!), rightBytes(emit, w!, attributes.levels)]
    const inner = w!.size / out
    const batches = batchesOf(n, rows * columns, out)
    const pixels = padded(emit, left.bytes, attributes, [0, 2, 3, 1], left.zero)
    const seen = unfold(emit, pixels, x!.shape, [0, kh, kw], [rows, columns], attributes)
    left.bytes = emit.reshape(seen, [batches, -1, inner])
    const weights = emit.reshape(emit.one('Transpose', [right.bytes], { perm: [2, 3, 1, 0] }), [inner, out])
    right.bytes = batches === 1 ? weights : emit.one('Expand', [weights, emit.int64s([batches, inner, out])])
    const product = emit.reshape(multiply(emit, left, right, inner), [n, rows, columns, out])
    return emit.node('Transpose', [product], { perm: [0, 3, 1, 2] })
  },
  quantizedWeightGradient: (emit, { inputs: [x, g], attributes }) => {
    const [out, channels, ...kernel] = attributes.weights as [number, number, number, number]
    const [left, right] = [leftBytes(emit, x!), rightBytes(emit, g!, attributes.levels)]
    const inner = g!.size / out
    // What the forward product reads, transposed. Laid out anew: to transpose it takes as long, and keeps it in memory.
    const image = padded(emit, left.bytes, attributes, [1, 0, 2, 3], left.zero)
    const taps = views(image, emit.slice.bind(emit), kernel, g!.shape.slice(2), attributes, 2)
    left.bytes = emit.reshape(emit.one('Concat', taps, { axis: 0 }), [-1, inner])
    right.bytes = emit.reshape(emit.one('Transpose', [right.bytes], { perm: [0, 2, 3, 1] }), [inner, out])
    const product = emit.reshape(multiply(emit, left, right, inner), [...kernel, channels, out])
    return emit.node('Transpose', [product], { perm: [3, 2, 0, 1] })
  },
} satisfies Record<keyof typeof quantized, Lowering>
