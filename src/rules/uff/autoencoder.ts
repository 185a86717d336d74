import { maxPool2d, type Tensor } from '../../graph/index.js'
import { channelAxes, perChannel } from '../../nn/axes.js'
import type { Dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { convolutionLayer, denseLayer } from '../../nn/network.js'
import type { Passed } from '../layerwise/design.js'
import type { Cell, CellInput } from './cell.js'
import { placesOfLargest, repeated } from './unpooling.js'

/** W and b of the encoder, c of the decoder. */
export type Autoencoder = { readonly encoder: Dense; readonly decoder: { readonly bias: Tensor } }

export interface AutoencoderOptions extends CellInput {
  readonly units: number
  /** The side of the kernels of a convolutional cell; absent: a dense one. */
  readonly kernel?: number | undefined
  /** Whether the activities of a convolutional cell go up through a 2x2 max-pooling. */
  readonly pooled: boolean
  /** See `standingOut`; absent: all activities. */
  readonly sparsity?: number | undefined
  /** The part of its input that a denoising cell, while it learns, sees as zeros; else 0. */
  readonly masked: number
}

/** `read`: the normalised input; `activity`: relu(W read + b), which goes up through the pooling. */
type Encoded = Passed & { readonly read: Tensor; readonly activity: Tensor }

/**
 * E(x) = relu(W x + b), D(z) = W^T z + c: tied weights, dense or convolutional. A denoising cell learns from a masked
 * input (Vincent et al. 2008). A pooled code is decoded from the places where its values stood, a sparse one from what
 * stands out.
 */
export function autoencoder(options: AutoencoderOptions): Cell<Autoencoder, Encoded> {
  const { inputShape, source, units, kernel, sparsity, masked, precision } = options
  const layer =
    kernel === undefined ? denseLayer(inputShape[0]!, units) : convolutionLayer(inputShape, units, kernel, false)
  const [, height, width] = layer.outputShape as [number, number, number]
  const isPooled = options.pooled && kernel !== undefined

  const shaped = (x: Tensor): Tensor => x.reshape([x.shape[0]!, ...inputShape])
  const active = ({ encoder }: Autoencoder, x: Tensor): Tensor =>
    layer.linear(encoder.weight, x, precision).add(layer.offset(encoder.bias)).relu()
  const back = ({ encoder, decoder }: Autoencoder, code: Tensor): Tensor => {
    const x = layer.transposed(encoder.weight, code, precision)
    return x.add(perChannel(decoder.bias, x))
  }
  const pool = (activity: Tensor): Tensor => (isPooled ? maxPool2d(activity, 2) : activity)
  const places = (activity: Tensor): Tensor => placesOfLargest(activity, pool(activity)).stopGradient()
  const code = (activity: Tensor): Tensor => {
    const kept = isPooled ? activity.mul(places(activity)) : activity
    return sparsity === undefined ? kept : kept.mul(standingOut(activity, sparsity))
  }

  return {
    outputShape: isPooled ? [units, Math.floor(height / 2), Math.floor(width / 2)] : layer.outputShape,
    init: (random, name) => ({
      encoder: layer.init(random, `${name}.encoder.0`, 'glorot'),
      decoder: { bias: zeros([inputShape[0]!]) },
    }),
    forward(p, input) {
      const read = source.normalized(shaped(input))
      const activity = active(p, read)
      return { output: pool(activity), read, activity }
    },
    loss({ parameters, input, made: { read, activity }, random }) {
      const kept = (x: Tensor): Tensor => random.uniform('mask', x.shape).greaterEqual(masked).cast('float32')
      const z = code(masked === 0 ? activity : active(parameters, read.mul(kept(read))))
      // L_l = ||D_l(z_l) - z_{l-1}||^2
      return source.error(back(parameters, z), shaped(input)).mean()
    },
    decode(p, latent, where) {
      const z = isPooled ? repeated(latent, height, width) : latent
      return source.expected(back(p, where ? z.mul(where) : z))
    },
    ...(isPooled && { places: (p, input) => places(active(p, source.normalized(shaped(input)))) }),
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
