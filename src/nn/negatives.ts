import { argmax, range, type Tensor } from '../graph/index.js'

/**
 * Wrong labels for contrastive rules. No draw can give the true one: it is made among the other K - 1 alone.
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
