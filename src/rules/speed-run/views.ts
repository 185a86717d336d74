import { concat, type Tensor } from '../../graph/index.js'
import { mirrored } from '../../nn/mirrored.js'
import type { Prediction } from '../contract.js'
import type { SpeedRunHyper } from './options.js'

/** One view of images [N, C, H, W], and its weight in the mean. */
interface View {
  readonly images: Tensor
  readonly weight: number
}

/** Images moved by one pixel down and right (or up and left), the edge repeated as its mirror image. */
function moved(x: Tensor, by: 1 | -1): Tensor {
  const shifted = (images: Tensor, axis: number): Tensor => {
    const size = images.shape[axis]!
    return by === 1
      ? concat([images.slice(axis, 1, 2), images.slice(axis, 0, size - 1)], axis)
      : concat([images.slice(axis, 1, size), images.slice(axis, size - 2, size - 1)], axis)
  }
  return shifted(shifted(x, 2), 3)
}

/**
 * The views of images in use. `six`, as in the CIFAR-10 speed-runs (Jordan 2024): the image and its mirror image at
 * weight 1/4 each, and both of them moved by a pixel either way at weight 1/8 each.
 */
export function viewsOf(x: Tensor, views: Exclude<SpeedRunHyper['views'], 'one'>): View[] {
  const both = [x, mirrored(x)]
  if (views === 'mirrored') return both.map((images) => ({ images, weight: 1 / 2 }))
  return [
    ...both.map((images) => ({ images, weight: 1 / 4 })),
    ...both.flatMap((images) => [1, -1].map((by) => ({ images: moved(images, by as 1 | -1), weight: 1 / 8 }))),
  ]
}

/** What is said of images [N, C, H, W]: the mean of what `predict` says of their views, which run as one batch. */
export function predictedInViews(
  x: Tensor,
  views: SpeedRunHyper['views'],
  predict: (images: Tensor) => Prediction,
): Prediction {
  if (views === 'one') return predict(x)
  const each = viewsOf(x, views)
  const rows = x.shape[0]!
  const said = predict(
    concat(
      each.map(({ images }) => images),
      0,
    ),
  )
  const mean = (scores: Tensor): Tensor =>
    each
      .map(({ weight }, i) => scores.slice(0, i * rows, (i + 1) * rows).mul(weight))
      .reduce((sum, one) => sum.add(one))
  const parts = Object.entries(said.parts ?? {}).map(([name, scores]): [string, Tensor] => [name, mean(scores)])
  return { scores: mean(said.scores), parts: Object.fromEntries(parts) }
}
