import { argmax, concat, constant, conv2d, range, type Tensor } from '../graph/index.js'

/**
 * Negatives for contrastive rules. No draw of a label can give the true one: it is made among the other K - 1 alone.
 * Hybrids of two images have no label; of one image alone, or of two that are the same, they are that image.
 */

/** Each of the K - 1 wrong labels with the same chance. `u`: uniform on [0, 1), [N]. */
export const uniformWrongLabel = (labels: Tensor, classes: number, u: Tensor): Tensor =>
  skipTrue(u.mul(classes - 1).cast('int32'), labels, classes)

/**
 * A wrong label drawn in proportion to exp(scores / temperature), from the network's own scores [N, K]: the label that
 * the network finds nearly right comes most often (Hinton's hard negatives). `u`: uniform on [0, 1), [N, K].
 */
export function hardWrongLabel(scores: Tensor, labels: Tensor, u: Tensor, temperature = 1): Tensor {
  const classes = scores.shape[1]!
  // The Gumbel trick: argmax of score + Gumbel noise is a draw from the softmax.
  const gumbel = u.maximum(1e-7).log().neg().maximum(1e-7).log().neg()
  const all = scores.div(temperature).add(gumbel)
  // Only the K - 1 wrong labels compete, so that no score, infinite or not a number, lets the true one win.
  const above = range(classes - 1).greaterEqual(labels.reshape([-1, 1]))
  const wrong = above.select(all.slice(1, 1, classes), all.slice(1, 0, classes - 1))
  return skipTrue(argmax(wrong), labels, classes)
}

/** A draw among the K - 1 wrong labels, 0 to K - 2, as a label. */
const skipTrue = (draw: Tensor, labels: Tensor, classes: number): Tensor => {
  const inside = draw.minimum(classes - 2)
  return inside.add(inside.greaterEqual(labels).cast('int32'))
}

/** Hybrid images m a + (1 - m) b of each image [N, P] and its successor in the batch, with masks m in {0, 1}. */
export function hybridImages(x: Tensor, masks: Tensor): Tensor {
  const n = x.shape[0]!
  const other = concat([x.slice(0, 1 % n, n), x.slice(0, 0, 1)], 0).slice(0, 0, n)
  return x.mul(masks).add(other.sub(other.mul(masks)))
}

/**
 * Smooth random masks in {0, 1}: uniform noise, blurred `times` times by [1/4, 1/2, 1/4] in both directions, cut at its
 * mean (Hinton 2022; six blurs after a re-implementation). `u`: uniform on [0, 1), [N, 1, H, W]. Returns [N, H * W].
 */
export function smoothMasks(u: Tensor, times = 6): Tensor {
  const n = u.shape[0]!
  const row = [0.25, 0.5, 0.25]
  const kernel = constant(
    row.flatMap((a) => row.map((b) => a * b)),
    [1, 1, 3, 3],
  )
  // Less its mean, so that the zeros around the image do not pull the mask down at the edges.
  let noise = u.sub(0.5)
  for (let i = 0; i < times; i++) noise = conv2d(noise, kernel, { padding: 1 })
  return noise.greater(0).cast('float32').reshape([n, -1])
}
