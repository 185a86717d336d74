import type { Tensor } from '../../graph/index.js'

/**
 * Channels spread over places: [N, C b b, H, W] to [N, C, b H, b W]. Behind a convolution it makes a transposed
 * convolution of stride b (Shi et al. 2016) whose products stay at the small size.
 */
export function depthToSpace(x: Tensor, b: number): Tensor {
  const [n, channels, height, width] = x.shape as [number, number, number, number]
  return x
    .reshape([n, channels / b ** 2, b, b, height, width])
    .transpose([0, 1, 4, 2, 5, 3])
    .reshape([n, channels / b ** 2, b * height, b * width])
}
