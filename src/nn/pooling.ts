import type { Tensor } from '../graph/index.js'

export { averagePool2d, maxPool2d } from '../graph/index.js'

/** The mean of each channel over all places: [N, C, H, W] to [N, C]. */
export const globalAveragePool = (x: Tensor): Tensor => x.mean([2, 3])
