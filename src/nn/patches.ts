import { UserError } from '../errors.js'
import { averagePool2d, constant, conv2d, type Tensor } from '../graph/index.js'
import type { Random } from './random.js'

/** Added to the variance of a patch of pixels in [0, 1]: 10 where they go to 255 (Coates, Lee and Ng 2011). */
const VARIANCE = 10 / 255 ** 2

/** Rows and columns of places at which an image of [C, H, W] holds a patch. Throws a UserError where it holds none. */
export function placesIn([, height, width]: readonly [number, number, number], kernel: number): [number, number] {
  if (Math.min(height, width) < kernel)
    throw new UserError(
      `images of ${height} x ${width} pixels hold no patches of ${kernel} x ${kernel}: choose smaller ones`,
    )
  return [height - kernel + 1, width - kernel + 1]
}

/** `count` patches at random places of each of the images [N, C, H, W]: [N count, C kernel kernel]. */
export function randomPatches(x: Tensor, kernel: number, count: number, random: Random, name: string): Tensor {
  const [images, channels, height, width] = x.shape as [number, number, number, number]
  const places = placesIn([channels, height, width], kernel)
  // float32 below 1 times a whole number may round up to it.
  const chosen = places.map((size, axis) =>
    random
      .uniform(`${name}.${axis}`, [images * count, 1])
      .mul(size)
      .minimum(size - 0.5)
      .cast('int32'),
  ) as [Tensor, Tensor]
  const area = height * width
  const offsets = Array.from({ length: channels * kernel * kernel }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / kernel ** 2), Math.floor(i / kernel) % kernel, i % kernel]
    return channel * area + row * width + column
  })
  const images0 = Array.from({ length: images * count }, (_, i) => Math.floor(i / count) * channels * area)
  const corner = chosen[0]
    .mul(width)
    .add(chosen[1])
    .add(constant(images0, [images * count, 1], 'int32'))
  return x.reshape([-1]).gather(corner.add(constant(offsets, [1, offsets.length], 'int32')))
}

/** Each row [N, D] minus its mean, over the root of its variance and a little. */
export function normalisedRows(rows: Tensor): Tensor {
  const centred = rows.sub(rows.mean(1, true))
  return centred.div(centred.square().mean(1, true).add(VARIANCE).sqrt())
}

/**
 * Filters [L, C kernel kernel] times the normalised patches at every place of images [N, C, H, W]: [N, L, rows,
 * columns]. It is one convolution with filters of mean 0, over the deviation of the patch that each of them meets.
 */
export function filterResponses(x: Tensor, filters: Tensor, kernel: number): Tensor {
  const channels = x.shape[1]!
  const kernels = filters.sub(filters.mean(1, true)).reshape([-1, channels, kernel, kernel])
  const mean = averagePool2d(x.mean(1, true), kernel, 1)
  const square = averagePool2d(x.square().mean(1, true), kernel, 1)
  const deviation = square.sub(mean.square()).maximum(0).add(VARIANCE).sqrt()
  return conv2d(x, kernels).div(deviation)
}
