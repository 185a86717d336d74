import { concat, constant, conv2d, type Tensor } from '../../graph/index.js'

/**
 * Hybrids m a + (1 - m) b of each image [N, C, H, W] and its successor in the batch, with masks m in {0, 1},
 * [N, 1, H, W]. Of one image alone, or of two that are the same, they are that image.
 */
export function hybridImages(x: Tensor, masks: Tensor): Tensor {
  const n = x.shape[0]!
  const other = concat([x.slice(0, 1 % n, n), x.slice(0, 0, 1)], 0).slice(0, 0, n)
  return x.mul(masks).add(other.sub(other.mul(masks)))
}

/**
 * Smooth random masks in {0, 1}: uniform noise, blurred `times` times by [1/4, 1/2, 1/4] in both directions, cut at its
 * mean (Hinton 2022; six blurs after a re-implementation). `u`: uniform on [0, 1), [N, 1, H, W], as are the masks.
 */
export function smoothMasks(u: Tensor, times = 6): Tensor {
  const row = [0.25, 0.5, 0.25]
  const kernel = constant(
    row.flatMap((a) => row.map((b) => a * b)),
    [1, 1, 3, 3],
  )
  // Less its mean, so that the zeros around the image do not pull the mask down at the edges.
  let noise = u.sub(0.5)
  for (let i = 0; i < times; i++) noise = conv2d(noise, kernel, { padding: 1 })
  return noise.greater(0).cast('float32')
}
