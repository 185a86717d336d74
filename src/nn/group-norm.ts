import { GraphError, type Tensor } from '../graph/index.js'
import { perChannel, sampleAxes } from './axes.js'
import { ones, zeros } from './initialize.js'

/** A gain and a bias for each channel, [C]. */
export type Scale = { readonly gain: Tensor; readonly bias: Tensor }

/** Gains of 1 and biases of 0. */
export const scale = (channels: number): Scale => ({ gain: ones([channels]), bias: zeros([channels]) })

export interface NormOptions {
  /** Absent: no gain and no bias. */
  readonly scale?: Scale
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number
}

/** (x - mean) / sqrt(variance + epsilon) over all axes of a sample [N, C, ...]: Ba, Kiros, Hinton 2016. */
export const layerNorm = (x: Tensor, options: NormOptions = {}): Tensor =>
  scaled(standardized(x, sampleAxes(x), options.epsilon), options.scale)

/**
 * The same over each of `groups` equal groups of channels of a sample [N, C, ...]: Wu and He 2018. One group is layer
 * normalisation, C groups are instance normalisation. Throws a GraphError if the channels do not split.
 */
export function groupNorm(x: Tensor, groups: number, options: NormOptions = {}): Tensor {
  const [n, channels] = x.shape as [number, number]
  if (channels % groups !== 0)
    throw new GraphError(`groupNorm: ${channels} channels do not split into ${groups} equal groups`)
  const grouped = standardized(x.reshape([n, groups, -1]), [2], options.epsilon)
  return scaled(grouped.reshape(x.shape), options.scale)
}

function standardized(x: Tensor, axes: readonly number[], epsilon = 1e-5): Tensor {
  const centred = x.sub(x.mean(axes, true))
  return centred.div(centred.square().mean(axes, true).add(epsilon).sqrt())
}

const scaled = (x: Tensor, own: Scale | undefined): Tensor =>
  own ? x.mul(perChannel(own.gain, x)).add(perChannel(own.bias, x)) : x
