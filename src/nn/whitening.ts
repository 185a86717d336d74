import { UserError } from '../errors.js'
import { concat, conv2d, gelu, type Tensor } from '../graph/index.js'
import { perChannel } from './axes.js'
import { eigenOf } from './eigen.js'

/**
 * Filters [2 C k k, C, k, k] that whiten the k x k patches of images [N, C, H, W]: each eigenvector of the patches'
 * second moments, divided by sqrt(eigenvalue + epsilon), and its negative. Images are to have mean 0. No label and no
 * gradient enters. From the CIFAR-10 speed-runs (Page 2019, Jordan 2024).
 */
export function whiteningFilters(images: Tensor, kernel: number, epsilon: number): Tensor {
  const [count, channels, height, width] = images.shape as [number, number, number, number]
  const [rows, columns] = [height - kernel + 1, width - kernel + 1]
  const size = channels * kernel * kernel
  const places = Array.from({ length: kernel * kernel }, (_, i) => [Math.floor(i / kernel), i % kernel] as const)
  // Every place of a patch is one shifted image: [C, kernel places, N rows columns].
  const shifted = places.map(([y, x]) =>
    images
      .slice(2, y, y + rows)
      .slice(3, x, x + columns)
      .transpose([1, 0, 2, 3])
      .reshape([channels, 1, count * rows * columns]),
  )
  const patches = concat(shifted, 1).reshape([size, -1])
  const moments = patches.matmul(patches, { transposeB: true }).div(count * rows * columns)
  const { values, vectors } = eigenOf(moments)
  const filters = vectors
    .div(values.maximum(0).add(epsilon).sqrt().reshape([size, 1]))
    .reshape([size, channels, kernel, kernel])
  return concat([filters, filters.neg()], 0)
}

/**
 * What a network knows of its images from the first batch: mean and deviation of each channel, [C], and the filters that
 * whiten their patches, where they are whitened. It is state that nothing changes.
 */
export type InputScale = { readonly mean: Tensor; readonly deviation: Tensor; readonly filters?: Tensor }

/** Patches have so many rows and columns. */
const PATCH = 2
/** Added to the eigenvalues (speed-runs). */
const FLOOR = 5e-4

/**
 * The shape of what `prepared` makes of images [C, H, W] that are whitened. Throws a UserError where they hold no patch.
 */
export function whitenedShape([channels, height, width]: readonly [number, number, number]) {
  if (Math.min(height, width) < PATCH)
    throw new UserError(
      `images of ${height} x ${width} pixels hold no patches of ${PATCH} x ${PATCH} to whiten: choose whiten=false`,
    )
  return [2 * channels * PATCH ** 2, height - PATCH + 1, width - PATCH + 1] as const
}

/** Of images [N, C, H, W]. */
export function inputScale(x: Tensor, whiten: boolean): InputScale {
  const mean = x.mean([0, 2, 3])
  const deviation = x.sub(perChannel(mean, x)).square().mean([0, 2, 3]).add(1e-6).sqrt()
  const scale = { mean, deviation }
  return whiten ? { ...scale, filters: whiteningFilters(standardised(x, scale), PATCH, FLOOR) } : scale
}

const standardised = (x: Tensor, { mean, deviation }: InputScale): Tensor =>
  x.sub(perChannel(mean, x)).div(perChannel(deviation, x))

/** Images as the first layer reads them: standardised; where they are whitened, GELU of the whitened patches. */
export const prepared = (x: Tensor, scale: InputScale): Tensor =>
  scale.filters ? gelu(conv2d(standardised(x, scale), scale.filters)) : standardised(x, scale)
