import type { Tensor } from '../../graph/index.js'

/**
 * The sign of each element: -1, 1, and 0 of zero. A quotient and no comparison, so that the certificate counts what
 * travels through it as values.
 */
export const sign = (x: Tensor): Tensor => x.div(x.abs().maximum(1e-30))

/** Samples in {0, 1}: 1 with probability p. `u`: uniform on [0, 1), of the same shape. */
export const bernoulli = (p: Tensor, u: Tensor): Tensor => p.greater(u).cast('float32')
