import {
  type ConvolutionOptions,
  concat,
  constant,
  conv2d,
  quantizedConv2d,
  reversed,
  type Tensor,
} from '../graph/index.js'
import { FLOAT32, type Precision } from './dense.js'
import { type FanRule, normalWeights, zeros } from './initialize.js'
import type { Random } from './random.js'

/** Kernels [out, in / groups, K, K] and biases [out]. */
export type Convolution = { readonly weight: Tensor; readonly bias: Tensor }

/** A square kernel's weights; `inputs` are the channels that one group reads. */
export const convolution = (
  random: Random,
  name: string,
  inputs: number,
  outputs: number,
  kernel: number,
  rule: FanRule,
): Convolution => ({
  weight: normalWeights(random, `${name}.weight`, [outputs, inputs, kernel, kernel], rule),
  bias: zeros([outputs]),
})

/**
 * Kernels [out, in, K, K] of which the first min(out, in) hand a channel on as it is; the others are those given. The
 * start of the CIFAR-10 speed-runs (Jordan 2024).
 */
export function dirac(weight: Tensor): Tensor {
  const [outputs, inputs, kernel] = weight.shape as [number, number, number, number]
  const same = Math.min(outputs, inputs)
  const one = new Float64Array(same * inputs * kernel * kernel)
  // Padding 'same' puts what an even kernel needs more of behind the picture: its first middle reads the place itself.
  const middle = Math.floor((kernel - 1) / 2)
  for (let c = 0; c < same; c++) one[((c * inputs + c) * kernel + middle) * kernel + middle] = 1
  const passing = constant(one, [same, inputs, kernel, kernel])
  return outputs === same ? passing : concat([passing, weight.slice(0, same, outputs)], 0)
}

/** W * x in the given precision, without the bias; in 8 bits one group only. */
export const convolved = (
  x: Tensor,
  weight: Tensor,
  options: ConvolutionOptions = {},
  precision: Precision = FLOAT32,
): Tensor => (precision.bits === 8 ? quantizedConv2d(x, weight, options, precision.levels) : conv2d(x, weight, options))

/**
 * The transpose of a convolution with padding 'same' by kernels [out, in, K, K]: [N, out, H, W] to [N, in, H, W], as a
 * convolution by the kernels turned over with their channels exchanged.
 */
export function transposedConvolution(x: Tensor, weight: Tensor, precision: Precision = FLOAT32): Tensor {
  const kernel = weight.shape[2]!
  const turned = reversed(reversed(weight.transpose([2, 3, 1, 0])).transpose([1, 0, 2, 3])).transpose([2, 3, 1, 0])
  const edges: [number, number] = [Math.ceil((kernel - 1) / 2), Math.floor((kernel - 1) / 2)]
  const wide = kernel % 2 === 1 ? x : x.pad([[0, 0], [0, 0], edges, edges])
  return convolved(wide, turned, { padding: kernel % 2 === 1 ? 'same' : 0 }, precision)
}

/** W * x + b: images [N, C, H, W] to [N, out, H', W']. */
export const convolve = (
  { weight, bias }: Convolution,
  x: Tensor,
  options: ConvolutionOptions = {},
  precision: Precision = FLOAT32,
): Tensor => convolved(x, weight, options, precision).add(bias.reshape([1, -1, 1, 1]))

/**
 * W * (factor x + offset), a factor and an offset for each channel that comes in, [C], as after a normalisation. The
 * factor goes into the kernels and the offset's product is one map for all images (zeros around an image lie outside of
 * what was normalised), so that no image is rewritten, and kernels and factors get their gradients from one product.
 */
export function convolvedAffine(
  x: Tensor,
  weight: Tensor,
  { factor, offset }: { readonly factor: Tensor; readonly offset: Tensor },
  options: ConvolutionOptions = {},
  precision: Precision = FLOAT32,
): Tensor {
  const [, channels, height, width] = x.shape as [number, number, number, number]
  const map = offset.reshape([1, channels, 1, 1]).broadcastTo([1, channels, height, width])
  const scaled = weight.mul(factor.reshape([1, channels, 1, 1]))
  return convolved(x, scaled, options, precision).add(conv2d(map, weight, options))
}
