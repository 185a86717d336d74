import type { Tensor } from '../graph/index.js'

/** Each sample as one row: [N, ...] to [N, D]. */
export const flat = (x: Tensor): Tensor => x.reshape([x.shape[0]!, -1])

/** The axes of one sample: all but the first. */
export const sampleAxes = ({ shape }: Tensor): number[] => shape.map((_, axis) => axis).slice(1)

/** The axes over which a channel extends, [N, C, ...]: all but the second. */
export const channelAxes = ({ shape }: Tensor): number[] => shape.map((_, axis) => axis).filter((axis) => axis !== 1)

/** A value for each channel, [C], in a shape that broadcasts over [N, C, ...]. */
export const perChannel = (values: Tensor, { shape }: Tensor): Tensor =>
  values.reshape(shape.slice(1).map((_, i) => (i === 0 ? -1 : 1)))
