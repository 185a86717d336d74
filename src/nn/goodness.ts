import type { Tensor } from '../graph/index.js'

/** The axes of one sample: all but the first. */
const own = (y: Tensor): number[] => y.shape.map((_, i) => i).slice(1)

/** Forward-Forward specification, section 1.1; each maps activities [N, ...] to goodness [N]. */
export const GOODNESS = {
  /** sum_j y_j^2 (Hinton; its threshold is then the number of units). */
  sum: (y: Tensor): Tensor => y.square().sum(own(y)),
  /** (1/n) sum_j y_j^2 (most re-implementations; Trifecta). */
  mean: (y: Tensor): Tensor => y.square().mean(own(y)),
} as const

export type Goodness = keyof typeof GOODNESS
