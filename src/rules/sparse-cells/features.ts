import { UserError } from '../../errors.js'
import { averagePool2d, concat, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { filterResponses, placesIn } from '../../nn/patches.js'
import type { Zca } from '../../nn/zca.js'
import type { Code } from './cell.js'

/** Rows and columns of the quadrants of a map: of an odd size both take the middle line. */
function quadrants(places: readonly [number, number]): { size: [number, number]; stride: [number, number] } {
  if (Math.min(...places) < 2)
    throw new UserError(
      `a map of ${places[0]} x ${places[1]} places has no quadrants: choose a smaller kernel for images of this size`,
    )
  const [rows, columns] = places
  return {
    size: [Math.ceil(rows / 2), Math.ceil(columns / 2)],
    stride: [Math.floor(rows / 2), Math.floor(columns / 2)],
  }
}

/** Features of an image: two of each latent, in each quadrant. */
export const featureCount = (latents: number): number => 8 * latents

/**
 * Images [N, C, H, W] to features [N, 8 L]: sums over each quadrant of max(0, s - theta) and max(0, -s - theta), s the
 * response of each latent to the whitened patch at each place (Coates and Ng 2011).
 */
export function pooledCode(x: Tensor, { filters, thresholds }: Code, { mean, matrix }: Zca, kernel: number): Tensor {
  const places = placesIn(x.shape.slice(1) as [number, number, number], kernel)
  const { size, stride } = quadrants(places)
  const whole = filters.matmul(matrix, { transposeB: true })
  // s = response - offset. A maximum is one pass over the map, and its sum is that of the rectified one plus a constant.
  const offset = whole.matmul(mean.reshape([-1, 1])).reshape([-1, 1, 1])
  const bound = thresholds.reshape([-1, 1, 1])
  const response = filterResponses(x, whole, kernel)
  const [above, below] = [offset.add(bound), offset.sub(bound)]
  const pooled = (map: Tensor): Tensor => averagePool2d(map, size, stride)
  const parts = [pooled(response.maximum(above)).sub(above), below.sub(pooled(response.minimum(below)))]
  return flat(concat(parts, 1)).mul(size[0] * size[1])
}
