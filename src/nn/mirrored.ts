import { reversed, type Tensor } from '../graph/index.js'

/** Images [N, C, H, W] with left and right exchanged. */
export const mirrored = (x: Tensor): Tensor => reversed(x.transpose([3, 1, 2, 0])).transpose([3, 1, 2, 0])
