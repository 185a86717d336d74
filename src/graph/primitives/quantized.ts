import type { Primitive, Value } from '../primitive.js'
import { apply, type Tensor } from '../tensor.js'
import { GraphError } from '../types.js'
import { products } from './product.js'

/** Rounds half to even, as ONNX does. */
function roundEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1
}

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

/**
 * The product of a left operand rounded to uint8 and a right one rounded to int8 with `levels` (127; 64 where pairwise
 * sums would saturate). Its derivative takes the rounding for the identity, and multiplies in 8 bits too.
 */
const quantizedMatmul: Primitive = {
  infer: (inputs, attributes) => products.matmul!.infer(inputs, attributes),
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
    if (emit.device === 'webgpu')
      throw new GraphError('quantizedProduct: WebGPU has no 8-bit products; use float32 there, or the device cpu')
    const [bytes, scaleA, zero] = emit.node('DynamicQuantizeLinear', [a!], {}, 3) as [string, string, string]
    const left = transposeA ? emit.one('Transpose', [bytes], { perm: [1, 0] }) : bytes
    const largest = emit.one('ReduceMax', [emit.one('Abs', [b!])], { keepdims: 0 })
    const scaleB = emit.one('Max', [emit.one('Div', [largest, emit.scalar(levels)]), emit.scalar(1e-30)])
    const rounded = emit.one('QuantizeLinear', [b!, scaleB, emit.scalar(0, 'int8')])
    const right = transposeB ? emit.one('Transpose', [rounded], { perm: [1, 0] }) : rounded
    const inner = a!.shape[transposeA ? 0 : 1]!
    const cut = (name: string, axis: number, start: number): string =>
      inner <= LONGEST
        ? name
        : emit.one('Slice', [name, ...[[start], [Math.min(start + LONGEST, inner)], [axis]].map((v) => emit.int64s(v))])
    let sum: string | undefined
    for (let start = 0; start < inner; start += LONGEST) {
      const part = emit.one('MatMulInteger', [cut(left, 1, start), cut(right, 0, start), zero])
      const float = emit.cast(part, 'float32')[0]!
      sum = sum ? emit.one('Add', [sum, float]) : float
    }
    return emit.node('Mul', [sum!, emit.one('Mul', [scaleA, scaleB])])
  },
}

export const quantized: Record<string, Primitive> = { quantizedMatmul }

/** [m, k] x [k, n], both rounded to 8 bits; see the table entry. */
export function quantizedProduct(
  a: Tensor,
  b: Tensor,
  flips: { transposeA?: boolean; transposeB?: boolean } = {},
  levels = 63,
): Tensor {
  const { transposeA = false, transposeB = false } = flips
  return apply('quantizedMatmul', [a, b], { transposeA, transposeB, levels })[0]!
}
