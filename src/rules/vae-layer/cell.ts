import { type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { convolution, convolve } from '../../nn/convolution.js'
import { affine, type Dense, dense, type Precision } from '../../nn/dense.js'
import { depthToSpace } from '../../nn/depth-to-space.js'
import type { FanRule } from '../../nn/initialize.js'
import type { Random } from '../../nn/random.js'

/** W_e, W_mu and W_v, W_d1 and W_d2 with their biases; an auto-encoder has no W_v. */
export type VaeCell = {
  readonly encoder: { readonly hidden: Dense; readonly mean: Dense; readonly logVariance?: Dense }
  readonly decoder: { readonly hidden: Dense; readonly output: Dense }
}

/** What the encoder makes of an input; an auto-encoder's latents have no variance. */
export type Latents = { readonly mean: Tensor; readonly logVariance?: Tensor }

export interface CellOptions {
  readonly isVariational: boolean
  /** Units of e and of the decoder's hidden layer, and numbers of z; or channels. */
  readonly units: number
  readonly latents: number
  /** The side of W_e's kernels in a convolutional cell; absent: a dense one. */
  readonly kernel?: number | undefined
  readonly precision: Precision
}

/** One cell; shapes are those of a sample. */
export interface CellDesign {
  readonly latentShape: Shape
  init(random: Random, name: string): VaeCell
  /** e = relu(W_e x), mu = W_mu e, log v = W_v e. */
  encode(encoder: VaeCell['encoder'], x: Tensor): Latents
  /** x^ = W_d2 relu(W_d1 z). */
  decode(decoder: VaeCell['decoder'], z: Tensor): Tensor
}

interface Affine {
  init(random: Random, name: string, rule: FanRule): Dense
  apply(parameters: Dense, x: Tensor): Tensor
}

const STRIDE = 2

/**
 * Dense, or W_e looks through K x K windows two places apart and all other maps are convolutions by 1 x 1, so that the
 * latents of a place are decoded to the 2 x 2 inputs there.
 */
export function vaeCell(inputShape: Shape, options: CellOptions): CellDesign {
  const { isVariational, units, latents, kernel, precision } = options
  const isDense = kernel === undefined
  const map = (inputs: number, outputs: number, side = 1, stride = 1): Affine => ({
    init: (random, name, rule) =>
      isDense ? dense(random, name, inputs, outputs, rule) : convolution(random, name, inputs, outputs, side, rule),
    apply: (own, x) =>
      isDense ? affine(own, flat(x), precision) : convolve(own, x, { stride, padding: 'same' }, precision),
  })
  const [channels, height, width] = inputShape as [number, number, number]
  const inputs = isDense ? sizeOf(inputShape) : channels
  const hidden = map(inputs, units, kernel, STRIDE)
  const latent = map(units, latents)
  const expand = map(latents, units)
  const output = map(units, isDense ? inputs : channels * STRIDE ** 2)
  const shaped = (y: Tensor): Tensor =>
    isDense ? y.reshape([-1, ...inputShape]) : depthToSpace(y, STRIDE).slice(2, 0, height).slice(3, 0, width)
  return {
    latentShape: isDense ? [latents] : [latents, Math.ceil(height / STRIDE), Math.ceil(width / STRIDE)],
    init: (random, name) => ({
      encoder: {
        hidden: hidden.init(random, `${name}.encoder.hidden`, 'he'),
        mean: latent.init(random, `${name}.encoder.mean`, 'fan-in'),
        ...(isVariational && { logVariance: quiet(latent.init(random, `${name}.encoder.logVariance`, 'fan-in')) }),
      },
      decoder: {
        hidden: expand.init(random, `${name}.decoder.hidden`, 'he'),
        output: output.init(random, `${name}.decoder.output`, 'fan-in'),
      },
    }),
    encode(own, x) {
      const e = hidden.apply(own.hidden, x).relu()
      const logVariance = own.logVariance && latent.apply(own.logVariance, e)
      return { mean: latent.apply(own.mean, e), ...(logVariance && { logVariance }) }
    },
    decode: (own, z) => shaped(output.apply(own.output, expand.apply(own.hidden, z).relu())),
  }
}

/** Noise that begins with a deviation of about exp(-2), so that it does not drown what untrained weights say. */
const quiet = ({ weight, bias }: Dense): Dense => ({ weight: weight.mul(0.1), bias: bias.sub(4) })
