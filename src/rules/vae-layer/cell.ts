import { type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import type { Statistics } from '../../nn/batch-norm.js'
import { convolution, convolve } from '../../nn/convolution.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import type { FanRule } from '../../nn/initialize.js'
import { imagesOf } from '../../nn/network.js'
import type { Random } from '../../nn/random.js'
import type { Stack } from '../layerwise/design.js'
import type { Given } from '../layerwise/layerwise.js'
import { beside, halves, type Mirrored, mirror } from './mirror.js'
import type { VaeLayerHyper } from './options.js'

/** W_e, W_mu and W_v, W_d1 and W_d2 with their biases; an auto-encoder has no W_v. */
export type VaeCell = {
  readonly encoder: { readonly hidden: Dense; readonly mean: Dense; readonly logVariance?: Dense }
  readonly decoder: { readonly hidden: Dense; readonly output: Dense }
}

export type VaeLayerState = Stack<Mirrored<VaeCell>, Statistics, Mirrored<Dense>>

type Latents = { readonly mean: Tensor; readonly logVariance?: Tensor }

/** The cells of one layer of both networks; they read, and give, the channels of A and B side by side. */
export type VaeCells = ReturnType<typeof vaeCells>

const STRIDE = 2

/**
 * On inputs of one shape, dense or convolutional. In convolutional cells W_e looks through K x K windows two places
 * apart and all other maps are convolutions by 1 x 1, so that the latents of a place are decoded to the 2 x 2 inputs
 * there.
 */
export function vaeCells(
  inputShape: Shape,
  { units, latents }: { readonly units: number; readonly latents: number },
  { task: { precision }, hyper: h }: Given<VaeLayerHyper>,
) {
  const isDense = h.network === 'dense'
  const map = (inputs: number, outputs: number, side = 1, stride = 1) => ({
    init: (random: Random, name: string, rule: FanRule): Dense =>
      isDense ? dense(random, name, inputs, outputs, rule) : convolution(random, name, inputs, outputs, side, rule),
    apply: (own: Dense, x: Tensor): Tensor =>
      isDense ? affine(own, flat(x), precision) : convolve(own, x, { stride, padding: 'same' }, precision),
  })
  const [inputs, height, width] = isDense ? [sizeOf(inputShape), 1, 1] : imagesOf(inputShape)
  const hidden = map(inputs, units, h.kernel, STRIDE)
  const latent = map(units, latents)
  const expand = map(latents, units)
  const output = map(units, isDense ? inputs : inputs * STRIDE ** 2)
  const shaped = (y: Tensor): Tensor =>
    isDense ? y.reshape([-1, ...inputShape]) : depthToSpace(y, STRIDE).slice(2, 0, height).slice(3, 0, width)

  const initial = (random: Random, name: string): VaeCell => ({
    encoder: {
      hidden: hidden.init(random, `${name}.encoder.hidden`, 'he'),
      mean: latent.init(random, `${name}.encoder.mean`, 'fan-in'),
      ...(h.cell === 'vae' && { logVariance: quiet(latent.init(random, `${name}.encoder.logVariance`, 'fan-in')) }),
    },
    decoder: {
      hidden: expand.init(random, `${name}.decoder.hidden`, 'he'),
      output: output.init(random, `${name}.decoder.output`, 'fan-in'),
    },
  })
  /** e = relu(W_e x), mu = W_mu e, log v = W_v e. */
  const encoded = ({ encoder }: VaeCell, x: Tensor): Latents => {
    const e = hidden.apply(encoder.hidden, x).relu()
    const { mean, logVariance } = encoder
    return { mean: latent.apply(mean, e), ...(logVariance && { logVariance: latent.apply(logVariance, e) }) }
  }
  /** x^ = W_d2 relu(W_d1 z). */
  const decoded = ({ decoder }: VaeCell, z: Tensor): Tensor =>
    shaped(output.apply(decoder.output, expand.apply(decoder.hidden, z).relu()))

  return {
    /** Of one network. */
    latentShape: isDense ? [latents] : [latents, Math.ceil(height / STRIDE), Math.ceil(width / STRIDE)],
    init: (random: Random, name: string) => mirror((side) => initial(random, `${name}.${side}`)),
    encode(p: Mirrored<VaeCell>, x: Tensor): Latents {
      const { a, b } = mirror((side) => encoded(p[side], halves(x)[side]))
      const mean = beside({ a: a.mean, b: b.mean })
      return a.logVariance ? { mean, logVariance: beside({ a: a.logVariance, b: b.logVariance! }) } : { mean }
    },
    decode: (p: Mirrored<VaeCell>, z: Tensor): Tensor => beside(mirror((side) => decoded(p[side], halves(z)[side]))),
  }
}

/** Noise that begins with a deviation of about exp(-2), so that it does not drown what untrained weights say. */
const quiet = ({ weight, bias }: Dense): Dense => ({ weight: weight.mul(0.1), bias: bias.sub(4) })

/** Channels spread over places: [N, C b b, H, W] to [N, C, b H, b W] (Shi et al. 2016). */
export function depthToSpace(x: Tensor, b: number): Tensor {
  const [n, channels, height, width] = x.shape as [number, number, number, number]
  const spread = x.reshape([n, channels / b ** 2, b, b, height, width]).transpose([0, 1, 4, 2, 5, 3])
  return spread.reshape([n, channels / b ** 2, b * height, b * width])
}
