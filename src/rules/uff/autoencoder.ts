import type { Tensor } from '../../graph/index.js'
import { channelAxes, perChannel } from '../../nn/axes.js'
import type { Dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import type { Layer } from '../../nn/network.js'
import type { Cell, CellOptions, Encoded } from './cell.js'
import { placesOfLargest, repeated } from './unpooling.js'

/** W and b of the encoder, c of the decoder. */
export type Autoencoder = { readonly encoder: Dense; readonly decoder: { readonly bias: Tensor } }

export interface AutoencoderOptions extends CellOptions {
  /** See `standingOut`; absent: the code is not sparse. */
  readonly sparsity?: number | undefined
  /** The part of its input that a denoising cell, while it learns, sees as zeros; else 0. */
  readonly masked: number
}

/** `read`: what E read; `activity`: of its units, before the pooling. */
type Activity = Encoded & { readonly read: Tensor; readonly activity: Tensor }

/**
 * E(x) = relu(W x + b), D(z) = W^T z + c: tied weights, dense or convolutional. A denoising cell learns from a masked
 * input (Vincent et al. 2008). D gets a pooled code at the places where its values stood (what and where: Zhao et al.
 * 2016), and of a sparse code what stands out.
 */
export function autoencoder(layer: Layer, options: AutoencoderOptions): Cell<Autoencoder, Activity> {
  const { source, precision, sparsity, masked } = options
  const [inputs, height, width] = layer.inputShape as [number, number, number]
  const isPooled = layer.outputShape[1] !== height
  const shaped = (x: Tensor): Tensor => x.reshape([x.shape[0]!, ...layer.inputShape])
  const encode = ({ encoder }: Autoencoder, read: Tensor): Activity => {
    const activity = layer.linear(encoder.weight, read, precision).add(layer.offset(encoder.bias)).relu()
    const output = layer.pool(activity)
    return { output, read, activity, ...(isPooled && { places: placesOfLargest(activity, output) }) }
  }
  const back = ({ encoder, decoder }: Autoencoder, z: Tensor): Tensor => {
    const x = layer.transposed(encoder.weight, z, precision)
    return x.add(perChannel(decoder.bias, x))
  }
  return {
    outputShape: layer.outputShape,
    init: (random, name) => ({
      encoder: layer.init(random, `${name}.encoder.0`, 'glorot'),
      decoder: { bias: zeros([inputs]) },
    }),
    forward: (p, input) => encode(p, source.normalized(shaped(input))),
    loss({ parameters, input, made, random }) {
      const kept = (): Tensor => random.uniform('mask', made.read.shape).greaterEqual(masked).cast('float32')
      const { activity, places } = masked === 0 ? made : encode(parameters, made.read.mul(kept()))
      const code = places ? activity.mul(places) : activity
      const z = sparsity === undefined ? code : code.mul(standingOut(activity, sparsity))
      // L_l = ||D_l(z_l) - z_{l-1}||^2
      return source.error(back(parameters, z), shaped(input)).mean()
    },
    decode: (p, latent, places) =>
      source.expected(back(p, places ? repeated(latent, height, width).mul(places) : latent)),
  }
}

/**
 * 1 where an activity [N, C, ...] is at least `threshold` standard deviations above its unit's (or channel's) mean over
 * the batch, else 0: the lifetime sparsity of Makhzani and Frey 2015, whose share of winners it states as a threshold.
 * A unit with few winners learns from those it has, so that none falls silent.
 */
function standingOut(activity: Tensor, threshold: number): Tensor {
  const y = activity.stopGradient()
  const axes = channelAxes(y)
  const mean = y.mean(axes, true)
  const deviation = y.sub(mean).square().mean(axes, true).sqrt()
  return y.greaterEqual(mean.add(deviation.mul(threshold))).cast('float32')
}
