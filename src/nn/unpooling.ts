import type { Tensor } from '../graph/index.js'

/** Every place of [N, C, H, W] repeated as a 2x2 square, zeros beyond it up to the given height and width. */
export function repeated2d(x: Tensor, height: number, width: number): Tensor {
  const [n, channels, h, w] = x.shape as [number, number, number, number]
  return x
    .reshape([n, channels, h, 1, w, 1])
    .broadcastTo([n, channels, h, 2, w, 2])
    .reshape([n, channels, 2 * h, 2 * w])
    .pad([
      [0, 0],
      [0, 0],
      [0, height - 2 * h],
      [0, width - 2 * w],
    ])
}

/**
 * Where the largest of each 2x2 square of [N, C, H, W] stands: 1 there (at all of equal ones), 0 elsewhere and on an odd
 * edge. With what a 2x2 max-pooling handed up it gives a map back (Zhao et al. 2016: what and where).
 */
export function places2d(x: Tensor, pooled: Tensor): Tensor {
  const [, , height, width] = x.shape as [number, number, number, number]
  const [, , h, w] = pooled.shape as [number, number, number, number]
  const whole = x.slice(2, 0, 2 * h).slice(3, 0, 2 * w)
  const largest = whole.greaterEqual(repeated2d(pooled, 2 * h, 2 * w)).cast('float32')
  return largest.pad([
    [0, 0],
    [0, 0],
    [0, height - 2 * h],
    [0, width - 2 * w],
  ])
}
