import { argmax, concat, constant, conv2d, oneHot, type Tensor } from '../graph/index.js'

/**
 * Wrong labels for contrastive rules. None of these can give the true label: the draw is made among the other K - 1
 * labels, or the true one is taken out of the competition.
 */

/** Each of the K - 1 wrong labels with the same chance. `u`: uniform on [0, 1), [N]. */
export function uniformWrongLabel(labels: Tensor, classes: number, u: Tensor): Tensor {
  // u can round to 1 after the product; the minimum keeps the draw inside.
  const draw = u
    .mul(classes - 1)
    .cast('int32')
    .minimum(classes - 2)
  return draw.add(draw.greaterEqual(labels).cast('int32'))
}

/**
 * A wrong label drawn in proportion to exp(scores / temperature), from the network's own scores [N, K]: the label that
 * the network finds nearly right comes most often (Hinton's hard negatives). `u`: uniform on [0, 1), [N, K].
 */
export function hardWrongLabel(scores: Tensor, labels: Tensor, u: Tensor, temperature = 1): Tensor {
  const classes = scores.shape[1]!
  // The Gumbel trick: argmax of score + Gumbel noise is a draw from the softmax.
  const gumbel = u.maximum(1e-7).log().neg().maximum(1e-7).log().neg()
  const best = scores.div(temperature).add(gumbel)
  const span = best.max(-1, true).sub(best.min(-1, true)).add(1)
  return argmax(best.sub(oneHot(labels, classes).mul(span)))
}

/** Hybrid images m a + (1 - m) b of each image [N, P] and its successor in the batch, with masks m in {0, 1}. */
export function hybridImages(x: Tensor, masks: Tensor): Tensor {
  const n = x.shape[0]!
  const other = concat([x.slice(0, 1 % n, n), x.slice(0, 0, 1)], 0).slice(0, 0, n)
  return x.mul(masks).add(other.sub(other.mul(masks)))
}

/**
 * Smooth random masks in {0, 1}: uniform noise, blurred `times` times by [1/4, 1/2, 1/4] in both directions, cut at 1/2
 * (Hinton 2022; six blurs after a re-implementation). `u`: uniform on [0, 1), [N, 1, H, W]. Returns [N, H * W].
 */
export function smoothMasks(u: Tensor, times = 6): Tensor {
  const n = u.shape[0]!
  const row = [0.25, 0.5, 0.25]
  const kernel = constant(
    row.flatMap((a) => row.map((b) => a * b)),
    [1, 1, 3, 3],
  )
  let mask = u
  for (let i = 0; i < times; i++) mask = conv2d(mask, kernel, { padding: 1 })
  return mask.greater(0.5).cast('float32').reshape([n, -1])
}
