import type { Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'

/** Forward-Forward specification, section 1.1; each maps activities [N, ...] to goodness [N]. */
export const GOODNESS = {
  /** sum_j y_j^2 (Hinton; its threshold is then the number of units). */
  sum: (y: Tensor): Tensor => y.square().sum(sampleAxes(y)),
  /** (1/n) sum_j y_j^2 (most re-implementations; Trifecta). */
  mean: (y: Tensor): Tensor => y.square().mean(sampleAxes(y)),
} as const

export type Goodness = keyof typeof GOODNESS
