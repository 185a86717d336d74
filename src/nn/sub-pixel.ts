import type { Tensor } from '../graph/index.js'

/**
 * Channels to places: [N, C s s, H, W] to [N, C, s H, s W], so that a convolution on the small map draws s x s pixels
 * at each place (Shi et al. 2016). Channel c s s + i s + j becomes row i, column j of its place in channel c.
 */
export function channelsToPlaces(x: Tensor, size: number): Tensor {
  const [n, channels, height, width] = x.shape as [number, number, number, number]
  if (size === 1) return x
  const outputs = channels / (size * size)
  return x
    .reshape([n, outputs, size, size, height, width])
    .transpose([0, 1, 4, 2, 5, 3])
    .reshape([n, outputs, height * size, width * size])
}
