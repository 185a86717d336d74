import { quantizedProduct, type Tensor } from '../graph/index.js'
import { type FanRule, normalWeights, zeros } from './initialize.js'
import type { Random } from './random.js'

/** Weights [in, out] and biases [out]. */
export type Dense = { readonly weight: Tensor; readonly bias: Tensor }

/** How products are computed: in float32, or with operands rounded to 8 bits (`levels` of the right one). */
export type Precision = { readonly bits: 32 } | { readonly bits: 8; readonly levels: number }

export const FLOAT32: Precision = { bits: 32 }

export const dense = (random: Random, name: string, inputs: number, outputs: number, rule: FanRule): Dense => ({
  weight: normalWeights(random, `${name}.weight`, [inputs, outputs], rule),
  bias: zeros([outputs]),
})

/** [N, in] x [in, out] in the given precision. */
export const product = (x: Tensor, weight: Tensor, precision: Precision = FLOAT32): Tensor =>
  precision.bits === 8 ? quantizedProduct(x, weight, {}, precision.levels) : x.matmul(weight)

/** [N, out] x [in, out], transposed, in the given precision: what a tied decoder does. */
export const transposedProduct = (x: Tensor, weight: Tensor, precision: Precision = FLOAT32): Tensor =>
  precision.bits === 8
    ? quantizedProduct(x, weight, { transposeB: true }, precision.levels)
    : x.matmul(weight, { transposeB: true })

/** x W + b: [N, in] to [N, out]. */
export const affine = ({ weight, bias }: Dense, x: Tensor, precision: Precision = FLOAT32): Tensor =>
  product(x, weight, precision).add(bias)
