import type { Primitive, Value } from '../primitive.js'
import { apply, type Tensor } from '../tensor.js'
import { GraphError, show } from '../types.js'
import { convolutionInputGradient, convolutions } from './convolution.js'
import { products } from './product.js'
import type { Convolution } from './window.js'

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

/** The same operation of operands that were rounded: the left one to uint8, the right one to int8. */
const ofRounded =
  ({ evaluate }: Primitive): Primitive['evaluate'] =>
  ([left, right], attributes, outputs) =>
    evaluate([throughUint8(left!), throughInt8(right!, attributes.levels)], attributes, outputs)

/** [m, k] x [k, n]. The derivative takes the rounding for the identity, and multiplies in 8 bits too. */
const quantizedMatmul: Primitive = {
  infer: (inputs, attributes) => {
    const [a] = inputs as [Tensor]
    if (a.rank !== 2) throw new GraphError(`quantizedProduct: expected rows [m, k], got ${show(a.shape)}; reshape it`)
    return products.matmul.infer(inputs, { ...attributes, op: 'quantizedProduct' })
  },
  evaluate: ofRounded(products.matmul),
  gradient: ({ inputs: [a, b], attributes: { transposeA, transposeB, levels } }, [g]) => {
    const product = (x: Tensor, y: Tensor, flips: [boolean, boolean]): Tensor =>
      quantizedProduct(x, y, { transposeA: flips[0], transposeB: flips[1] }, levels)
    const ofA = product(g!, b!, [false, !transposeB])
    // The left operand's bytes are made once and serve the forward product and this one.
    const ofB = product(a!, g!, [!transposeA, false])
    return [transposeA ? ofA.transpose() : ofA, transposeB ? ofB.transpose() : ofB]
  },
}

/** The derivatives take the rounding for the identity, and are products in 8 bits too. */
const quantizedConv2d: Primitive = {
  infer: (inputs, attributes: Convolution) => {
    if (attributes.groups !== 1)
      throw new GraphError(`quantizedConv2d: one group only, got ${attributes.groups}; use conv2d`)
    return convolutions.conv2d.infer(inputs, { ...attributes, op: 'quantizedConv2d' })
  },
  evaluate: ofRounded(convolutions.conv2d),
  gradient: ({ inputs: [x, w], attributes }, [g]) => [
    convolutionInputGradient('quantizedConv2d', g!, x!, w!, attributes),
    apply('quantizedWeightGradient', [x!, g!], { ...attributes, weights: w!.shape })[0],
  ],
}

/** The input [N, C, H, W], rounded to uint8, with the cotangent [N, O, H', W'], rounded to int8. */
const quantizedWeightGradient: Primitive = {
  infer: convolutions.convolutionWeightGradient.infer,
  evaluate: ofRounded(convolutions.convolutionWeightGradient),
}

export const quantized = { quantizedMatmul, quantizedConv2d, quantizedWeightGradient }

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
