import type { Emitter } from '../../onnx/emitter.js'
import { divisorWhere, padded, unfold } from '../../onnx/unfold.js'
import type { Primitive, Value } from '../primitive.js'
import { apply, type Tensor } from '../tensor.js'
import { GraphError, show } from '../types.js'
import { convolutionInputGradient, convolutions } from './convolution.js'
import { products } from './product.js'
import { type Convolution, views } from './window.js'

/** Rounds half to even, as ONNX does. */
const roundEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))

/** As DynamicQuantizeLinear: the range, stretched to hold 0, over 0..255; returned as the numbers it stands for. */
function throughUint8({ data, ...type }: Value): Value {
  const low = data.reduce((a, b) => Math.min(a, b), 0)
  const high = data.reduce((a, b) => Math.max(a, b), 0)
  const scale = (high - low) / 255 || 1
  const zero = Math.min(255, Math.max(0, roundEven(-low / scale)))
  const levels = data.map((x) => Math.min(255, Math.max(0, roundEven(x / scale) + zero)))
  return { ...type, data: levels.map((level) => (level - zero) * scale) }
}

/** Symmetric, -levels..levels. */
function throughInt8({ data, ...type }: Value, levels: number): Value {
  const scale = data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) / levels || 1
  return { ...type, data: data.map((x) => Math.min(levels, Math.max(-levels, roundEven(x / scale))) * scale) }
}

/** 255 * 127 * K must fit int32. */
const LONGEST = 66_311

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
    inner <= LONGEST ? name : emit.slice(name, axis, start, Math.min(start + LONGEST, inner))
  let sum: string | undefined
  for (let start = 0; start < inner; start += LONGEST) {
    const part = emit.one('MatMulInteger', [cut(left.bytes, -1, start), cut(right.bytes, -2, start), left.zero])
    const float = emit.cast(part, 'float32')[0]!
    sum = sum ? emit.one('Add', [sum, float]) : float
  }
  return emit.one('Mul', [sum!, emit.one('Mul', [left.scale, right.scale])])
}

/** [m, k] x [k, n]. The derivative takes the rounding for the identity, and multiplies in 8 bits too. */
const quantizedMatmul: Primitive = {
  infer: (inputs, attributes) => {
    const [a] = inputs as [Tensor]
    if (a.rank !== 2) throw new GraphError(`quantizedProduct: expected rows [m, k], got ${show(a.shape)}; reshape it`)
    return products.matmul!.infer(inputs, { ...attributes, op: 'quantizedProduct' })
  },
  evaluate: ([a, b], attributes, outputs) =>
    products.matmul!.evaluate([throughUint8(a!), throughInt8(b!, attributes.levels)], attributes, outputs),
  gradient: ({ inputs: [a, b], attributes: { transposeA, transposeB, levels } }, [g]) => {
    const product = (x: Tensor, y: Tensor, flips: [boolean, boolean]): Tensor =>
      quantizedProduct(x, y, { transposeA: flips[0], transposeB: flips[1] }, levels)
    const ofA = product(g!, b!, [false, !transposeB])
    // The left operand's bytes are made once and serve the forward product and this one.
    const ofB = product(a!, g!, [!transposeA, false])
    return [transposeA ? ofA.transpose() : ofA, transposeB ? ofB.transpose() : ofB]
  },
  lower: (emit, { inputs: [a, b], attributes: { transposeA, transposeB, levels } }) => {
    const [left, right] = [leftBytes(emit, a!), rightBytes(emit, b!, levels)]
    if (transposeA) left.bytes = emit.one('Transpose', [left.bytes], { perm: [1, 0] })
    if (transposeB) right.bytes = emit.one('Transpose', [right.bytes], { perm: [1, 0] })
    return [multiply(emit, left, right, a!.shape[transposeA ? 0 : 1]!)]
  },
}

/**
 * In how many products of whole images a convolution is done. The engine adds to all sums of a product once for every 128
 * numbers of its inner axis, so its sums should stay in a core's cache: half a MiB of them. But each product has a copy of
 * the weights: it has four times as many rows as there are outputs at least, so that the copies stay the smaller part.
 */
function batchesOf(images: number, cells: number, out: number): number {
  const most = Math.max(2 ** 17 / out, 4 * out)
  return divisorWhere(images, (count) => (images / count) * cells <= most)
}

/** Its derivatives take the rounding for the identity; both are products in 8 bits, so that backpropagation gains too. */
const quantizedConv2d: Primitive = {
  infer: (inputs, attributes: Convolution) => {
    if (attributes.groups !== 1)
      throw new GraphError(`quantizedConv2d: one group only, got ${attributes.groups}; use conv2d`)
    return convolutions.conv2d!.infer(inputs, { ...attributes, op: 'quantizedConv2d' })
  },
  evaluate: ([x, w], attributes, outputs) =>
    convolutions.conv2d!.evaluate([throughUint8(x!), throughInt8(w!, attributes.levels)], attributes, outputs),
  gradient: ({ inputs: [x, w], attributes }, [g]) => [
    convolutionInputGradient('quantizedConv2d', g!, x!, w!, attributes),
    apply('quantizedWeightGradient', [x!, g!], { ...attributes, weights: w!.shape })[0],
  ],
  lower: (emit, { inputs: [x, w], outputs: [y], attributes }) => {
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
}

/** The input [N, C, H, W], rounded to uint8, with the cotangent [N, O, H', W'], rounded to int8. */
const quantizedWeightGradient: Primitive = {
  infer: (_, { weights }) => [{ shape: weights, dtype: 'float32' }],
  evaluate: ([x, g], attributes, outputs) =>
    convolutions.convolutionWeightGradient!.evaluate(
      [throughUint8(x!), throughInt8(g!, attributes.levels)],
      attributes,
      outputs,
    ),
  lower: (emit, { inputs: [x, g], attributes }) => {
    const [out, channels, ...kernel] = attributes.weights as [number, number, number, number]
    const [left, right] = [leftBytes(emit, x!), rightBytes(emit, g!, attributes.levels)]
    const inner = g!.size / out
    // The rows of the forward product, transposed; to transpose those takes as long, and keeps something large.
    const image = padded(emit, left.bytes, attributes, [1, 0, 2, 3], left.zero)
    const taps = views(image, emit.slice.bind(emit), kernel, g!.shape.slice(2), attributes, 2)
    left.bytes = emit.reshape(emit.one('Concat', taps, { axis: 0 }), [-1, inner])
    right.bytes = emit.reshape(emit.one('Transpose', [right.bytes], { perm: [0, 2, 3, 1] }), [inner, out])
    const product = emit.reshape(multiply(emit, left, right, inner), [...kernel, channels, out])
    return emit.node('Transpose', [product], { perm: [3, 2, 0, 1] })
  },
}

export const quantized: Record<string, Primitive> = { quantizedMatmul, quantizedConv2d, quantizedWeightGradient }

/**
 * [m, k] x [k, n] in 8 bits: the left operand rounded to uint8 over its range, the right one to int8, -levels..levels.
 * `levels` is 127 where the processor has VNNI or AMX. Elsewhere sums of two products saturate in int16, and 63 levels
 * (7 bits: 2 * 255 * 63 < 32,768) are exact everywhere.
 */
export function quantizedProduct(
  a: Tensor,
  b: Tensor,
  flips: { transposeA?: boolean; transposeB?: boolean } = {},
  levels = 63,
): Tensor {
  const { transposeA = false, transposeB = false } = flips
  return apply('quantizedMatmul', [a, b], { transposeA, transposeB, levels })[0]!
}
