import { maxPool2d, type Shape, type Tensor } from '../../graph/index.js'
import { channelAxes } from '../../nn/axes.js'
import type { Dense, Precision } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { convolutionLayer, denseLayer } from '../../nn/network.js'
import type { Cell, Source } from './cell.js'
import { placesOfLargest, repeated } from './unpooling.js'

/** E's weights, which transposed are D's too, and the biases of both. */
export type Autoencoder = { readonly encoder: Dense; readonly decoder: { readonly bias: Tensor } }

export interface AutoencoderOptions {
  readonly inputShape: Shape
  readonly source: Source
  readonly units: number
  /** The side of the kernels of a convolutional cell; absent: a dense one. */
  readonly kernel?: number | undefined
  /** Whether the activities of a convolutional cell go up through a 2x2 max-pooling. */
  readonly pooled: boolean
  /** See `standingOut`. */
  readonly sparsity?: number | undefined
  /** The part of its input that a denoising cell, while it learns, sees as zeros. */
  readonly masked: number
  readonly precision: Precision
}

/**
 * z = pool(relu(W LN(x) + b)), x^ = W^T s(z) + c, where s puts the values of z back to where they stood before the
 * pooling and leaves out, of a sparse code, what does not stand out. A denoising cell learns from the z of a masked
 * input (Vincent et al. 2008), and hands up that of the whole one.
 */
export function autoencoder(options: AutoencoderOptions): Cell<Autoencoder> {
  const { inputShape, units, kernel, sparsity, masked, precision } = options
  const { normalized, expected, error } = options.source
  const layer =
    kernel === undefined ? denseLayer(inputShape[0]!, units) : convolutionLayer(inputShape, units, kernel, false)
  const pooled = options.pooled && kernel !== undefined
  const [, height, width] = layer.outputShape
  const pool = (h: Tensor): Tensor => (pooled ? maxPool2d(h, 2) : h)
  const places = (h: Tensor): Tensor => placesOfLargest(h, pool(h)).stopGradient()
  const shaped = (x: Tensor): Tensor => x.reshape([x.shape[0]!, ...inputShape])
  const activity = ({ encoder }: Autoencoder, x: Tensor): Tensor =>
    layer.linear(encoder.weight, x, precision).add(layer.offset(encoder.bias)).relu()
  const back = ({ encoder, decoder }: Autoencoder, code: Tensor): Tensor =>
    layer.transposed(encoder.weight, code, precision).add(decoder.bias.reshape([-1, ...inputShape.slice(1).map(() => 1)]))
  const code = (h: Tensor): Tensor => {
    const whole = pooled ? h.mul(places(h)) : h
    return sparsity === undefined ? whole : whole.mul(standingOut(h, sparsity))
  }
  return {
    inputShape,
    outputShape: pooled ? [units, Math.floor(height! / 2), Math.floor(width! / 2)] : layer.outputShape,
    init: (random, name) => ({
      encoder: layer.init(random, `${name}.encoder.0`, 'glorot'),
      decoder: { bias: zeros([inputShape[0]!]) },
    }),
    encode: (p, below) => pool(activity(p, normalized(shaped(below)))),
    learn(p, below, random, name) {
      const x = shaped(below)
      const clean = normalized(x)
      const h = activity(p, clean)
      const seen = masked === 0 ? h : activity(p, clean.mul(random.uniform(name, x.shape).greaterEqual(masked).cast('float32')))
      // L_l = ||D_l(z_l) - z_{l-1}||^2
      return { latent: pool(h), loss: error(back(p, code(seen)), x).mean() }
    },
    decode(p, latent, where) {
      const whole = pooled ? repeated(latent, height!, width!) : latent
      return expected(back(p, where ? whole.mul(where) : whole))
    },
    ...(pooled && { places: (p, below) => places(activity(p, normalized(shaped(below)))) }),
  }
}

/**
 * 1 where an activity [N, C, ...] is at least `threshold` standard deviations above its unit's (or channel's) mean over
 * the batch, else 0: after the lifetime sparsity of Makhzani and Frey 2015, whose share of winners it states as a
 * threshold. A unit with few winners learns from those it has, so that none falls silent.
 */
function standingOut(h: Tensor, threshold: number): Tensor {
  const y = h.stopGradient()
  const axes = channelAxes(y)
  const mean = y.mean(axes, true)
  const deviation = y.sub(mean).square().mean(axes, true).sqrt()
  return y.greaterEqual(mean.add(deviation.mul(threshold))).cast('float32')
}
