import { GraphError, type Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'

/** Forward-Forward specification, section 1.1; each maps activities [N, ...] to goodness [N]. */
export const GOODNESS = {
  /** sum_j y_j^2 (Hinton; its threshold is then the number of units). */
  sum: (y: Tensor): Tensor => y.square().sum(sampleAxes(y)),
  /** (1/n) sum_j y_j^2 (most re-implementations; Trifecta). */
  mean: (y: Tensor): Tensor => y.square().mean(sampleAxes(y)),
} as const

export type Goodness = keyof typeof GOODNESS

/** One goodness for each place of [N, C, H, W], the mean over channels of y^2 (SCFF): [N, H, W]. */
export const locationGoodness = (y: Tensor): Tensor => y.square().mean(1)

/** One goodness for each class: activities [N, C, ...] with C split into K equal groups of channels, to [N, K]. */
export const GROUP_GOODNESS = {
  /** The mean over group k of y^2 (CwComp). */
  square: (y: Tensor, classes: number): Tensor => groups(y, classes).square().mean(-1),
  /** The mean over group k of y (DeeperForward, HCL-FF). */
  linear: (y: Tensor, classes: number): Tensor => groups(y, classes).mean(-1),
} as const

export type GroupGoodness = keyof typeof GROUP_GOODNESS

function groups(y: Tensor, classes: number): Tensor {
  const [n, channels] = y.shape as [number, number]
  if (channels % classes !== 0)
    throw new GraphError(`goodness of channel groups: ${channels} channels do not split into ${classes} equal groups`)
  return y.reshape([n, classes, -1])
}
