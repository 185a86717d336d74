import type { Tensor } from '../graph/index.js'
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
export function layerNorm(x: Tensor, { scale: own, epsilon = 1e-5 }: NormOptions = {}): Tensor {
  const axes = sampleAxes(x)
  const centred = x.sub(x.mean(axes, true))
  const normal = centred.div(centred.square().mean(axes, true).add(epsilon).sqrt())
  return own ? normal.mul(perChannel(own.gain, x)).add(perChannel(own.bias, x)) : normal
}

/** (x - mean) / sqrt(variance + 1e-5) over the places of each channel of a sample [N, C, H, W]: Ulyanov et al. 2016. */
export function instanceNorm(x: Tensor): Tensor {
  const centred = x.sub(x.mean([2, 3], true))
  return centred.div(centred.square().mean([2, 3], true).add(1e-5).sqrt())
}
