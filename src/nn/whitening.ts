import { concat, type Tensor } from '../graph/index.js'
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
