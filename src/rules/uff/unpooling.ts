import type { Tensor } from '../../graph/index.js'

/** Every place of [N, C, H, W] repeated as a 2x2 square, with zeros beyond it up to the given height and width. */
export function repeated(x: Tensor, height: number, width: number): Tensor {
  const [n, channels, h, w] = x.shape as [number, number, number, number]
  const squares = x.reshape([n, channels, h, 1, w, 1]).broadcastTo([n, channels, h, 2, w, 2])
  return padded(squares.reshape([n, channels, 2 * h, 2 * w]), height, width)
}

/**
 * Where the largest of each 2x2 square of [N, C, H, W] stands: 1 there (at all of equal ones), 0 elsewhere and on an
 * odd edge. With what a 2x2 max-pooling handed up it gives a map back (Zhao et al. 2016: what and where).
 */
export function placesOfLargest(x: Tensor, pooled: Tensor): Tensor {
  const [height, width] = x.shape.slice(2) as [number, number]
  const [h, w] = pooled.shape.slice(2).map((size) => 2 * size) as [number, number]
  const whole = x.slice(2, 0, h).slice(3, 0, w)
  const largest = whole.greaterEqual(repeated(pooled, h, w)).cast('float32')
  return padded(largest, height, width).stopGradient()
}

const padded = (x: Tensor, height: number, width: number): Tensor =>
  x.pad([0, 0, height - x.shape[2]!, width - x.shape[3]!].map((zeros): [number, number] => [0, zeros]))
