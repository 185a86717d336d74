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
  return skipTrue(argmax(wrongOnly(scores.div(temperature).add(gumbel), labels)), labels, classes)
}

/**
 * The wrong label with the largest score (AdaptiveNEG of Aktemur et al. 2024). Chance decides between equal scores: of a
 * network that does not tell any labels apart, each comes as often. `scores`: [N, K]; `u`: uniform on [0, 1), [N, K - 1].
 */
export function likeliestWrongLabel(scores: Tensor, labels: Tensor, u: Tensor): Tensor {
  const wrong = wrongOnly(scores, labels)
  const isLargest = wrong.greaterEqual(wrong.max(-1, true)).cast('float32')
  return skipTrue(argmax(isLargest.mul(u.add(1))), labels, scores.shape[1]!)
}

/**
 * Of scores [N, K] those of the K - 1 wrong labels, in their order. Only these compete, so that no score, infinite or not
 * a number, lets the true one win.
 */
function wrongOnly(scores: Tensor, labels: Tensor): Tensor {
  const classes = scores.shape[1]!
  const above = range(classes - 1).greaterEqual(labels.reshape([-1, 1]))
  return above.select(scores.slice(1, 1, classes), scores.slice(1, 0, classes - 1))
}

/** A draw among the K - 1 wrong labels, 0 to K - 2, as a label. */
const skipTrue = (draw: Tensor, labels: Tensor, classes: number): Tensor => {
  const inside = draw.minimum(classes - 2)
  return inside.add(inside.greaterEqual(labels).cast('int32'))
}
