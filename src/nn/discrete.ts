import type { Tensor } from '../graph/index.js'

/** The sign of each element: -1, 1, and 0 of zero. */
export const sign = (x: Tensor): Tensor => x.greater(0).cast('float32').sub(x.less(0).cast('float32'))

/** Samples in {0, 1}: 1 with probability p. `u`: uniform on [0, 1), of the same shape. */
export const bernoulli = (p: Tensor, u: Tensor): Tensor => p.greater(u).cast('float32')
