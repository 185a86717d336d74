/**
 * A variational auto-encoder as a layer: e = relu(W_e x), mu = W_mu e, log v = W_v e, and x^ = W_d2 relu(W_d1 z), each
 * with a bias, dense or convolutional. In the convolutional one W_e looks through K x K windows, a stride apart; all
 * other maps are convolutions by 1 x 1, so that the latents of a place are decoded to the stride x stride inputs there.
 */

import { type Shape, sizeOf, type Tensor } from '../graph/index.js'
import { flat } from './axes.js'
import { convolution, convolve } from './convolution.js'
import { affine, type Dense, dense, type Precision } from './dense.js'
import { depthToSpace } from './depth-to-space.js'
import type { FanRule } from './initialize.js'
import type { Random } from './random.js'

/** W_e, W_mu and W_v with their biases; an auto-encoder has no W_v. */
export type Encoder = { readonly hidden: Dense; readonly mean: Dense; readonly logVariance?: Dense }

/** W_d1 and W_d2 with their biases. */
export type Decoder = { readonly hidden: Dense; readonly output: Dense }

export type VaeCell = { readonly encoder: Encoder; readonly decoder: Decoder }

/** What the encoder makes of an input; an auto-encoder's latents have no variance. */
export type Latents = { readonly mean: Tensor; readonly logVariance?: Tensor }

export interface CellOptions {
  readonly network: 'dense' | 'convolutional'
  /** Of e and of the decoder's hidden layer. */
  readonly units: number
  /** Numbers, or channels, of z. */
  readonly latents: number
  readonly kernel: number
  readonly stride: number
}

/** One cell; shapes are those of a sample. */
export interface CellDesign {
  readonly inputShape: Shape
  readonly latentShape: Shape
  init(random: Random, name: string, variational: boolean): VaeCell
  /** [N, ...inputShape] to latents [N, ...latentShape]. */
  encode(encoder: Encoder, x: Tensor, precision?: Precision): Latents
  /** [N, ...latentShape] to [N, ...inputShape]. */
  decode(decoder: Decoder, z: Tensor, precision?: Precision): Tensor
}

/** An affine map between samples. */
interface Affine {
  init(random: Random, name: string, rule: FanRule): Dense
  apply(parameters: Dense, x: Tensor, precision?: Precision): Tensor
}

const denseMap = (inputs: number, outputs: number): Affine => ({
  init: (random, name, rule) => dense(random, name, inputs, outputs, rule),
  apply: (own, x, precision) => affine(own, flat(x), precision),
})

const convolutionMap = (inputs: number, outputs: number, kernel: number, stride = 1): Affine => ({
  init: (random, name, rule) => convolution(random, name, inputs, outputs, kernel, rule),
  apply: (own, x, precision) => convolve(own, x, { stride, padding: 'same' }, precision),
})

/** The four maps of a cell on inputs of one shape, and how the last one's output takes the input's shape. */
function maps(inputShape: Shape, { network, units, latents, kernel, stride }: CellOptions) {
  if (network === 'dense') {
    const inputs = sizeOf(inputShape)
    return {
      latentShape: [latents],
      encode: denseMap(inputs, units),
      read: denseMap(units, latents),
      expand: denseMap(latents, units),
      draw: denseMap(units, inputs),
      shaped: (y: Tensor): Tensor => y.reshape([y.shape[0]!, ...inputShape]),
    }
  }
  const [channels, height, width] = inputShape as [number, number, number]
  return {
    latentShape: [latents, Math.ceil(height / stride), Math.ceil(width / stride)],
    encode: convolutionMap(channels, units, kernel, stride),
    read: convolutionMap(units, latents, 1),
    expand: convolutionMap(latents, units, 1),
    draw: convolutionMap(units, channels * stride * stride, 1),
    shaped: (y: Tensor): Tensor => depthToSpace(y, stride).slice(2, 0, height).slice(3, 0, width),
  }
}

/** Noise that begins with a deviation of about exp(-2), so that it does not drown what untrained weights say. */
const quiet = ({ weight, bias }: Dense): Dense => ({ weight: weight.mul(0.1), bias: bias.sub(4) })

export function cellDesign(inputShape: Shape, options: CellOptions): CellDesign {
  const { latentShape, encode, read, expand, draw, shaped } = maps(inputShape, options)
  return {
    inputShape,
    latentShape,
    init: (random, name, variational) => ({
      encoder: {
        hidden: encode.init(random, `${name}.encoder.hidden`, 'he'),
        mean: read.init(random, `${name}.encoder.mean`, 'fan-in'),
        ...(variational && { logVariance: quiet(read.init(random, `${name}.encoder.logVariance`, 'fan-in')) }),
      },
      decoder: {
        hidden: expand.init(random, `${name}.decoder.hidden`, 'he'),
        output: draw.init(random, `${name}.decoder.output`, 'fan-in'),
      },
    }),
    encode({ hidden, mean, logVariance }, x, precision) {
      const e = encode.apply(hidden, x, precision).relu()
      return {
        mean: read.apply(mean, e, precision),
        ...(logVariance && { logVariance: read.apply(logVariance, e, precision) }),
      }
    },
    decode: ({ hidden, output }, z, precision) =>
      shaped(draw.apply(output, expand.apply(hidden, z, precision).relu(), precision)),
  }
}

/** The cells of a network over images of one shape, each on the latents of the one below. */
export function cellDesigns(inputShape: Shape, options: readonly CellOptions[]): CellDesign[] {
  const designs: CellDesign[] = []
  for (const own of options) designs.push(cellDesign(designs.at(-1)?.latentShape ?? inputShape, own))
  return designs
}
