import { logSoftmax, oneHot, type Tensor } from '../graph/index.js'

/** Losses on goodness, Forward-Forward specification 1.2: goodness of positives and negatives [N] to one loss each. */
export const PAIR_LOSSES = {
  /** softplus(theta - g_pos) + softplus(g_neg - theta): Hinton 2022. */
  threshold: (positive: Tensor, negative: Tensor, { theta }: { theta: number }): Tensor =>
    positive.neg().add(theta).softplus().add(negative.sub(theta).softplus()),
  /** softplus(-alpha (g_pos - g_neg)): SymBa, Lee and Song 2023. */
  symba: (positive: Tensor, negative: Tensor, { alpha }: { alpha: number }): Tensor =>
    negative.sub(positive).mul(alpha).softplus(),
  /** silu(-alpha (g_pos - g_neg)): a third-party variant of SymBa. */
  swish: (positive: Tensor, negative: Tensor, { alpha }: { alpha: number }): Tensor => {
    const t = negative.sub(positive).mul(alpha)
    return t.mul(t.sigmoid())
  },
} as const

export type PairLoss = keyof typeof PAIR_LOSSES

/** -ln softmax(logits)[label]: logits [N, K] and int32 labels [N] to losses [N]. */
export const crossEntropy = (logits: Tensor, labels: Tensor): Tensor =>
  logSoftmax(logits).mul(oneHot(labels, logits.shape[1]!)).sum(-1).neg()

/** (1/n) sum_j (a_j - b_j)^2 for each sample: [N, ...] to [N]. */
export const meanSquaredError = (a: Tensor, b: Tensor): Tensor =>
  a
    .sub(b)
    .square()
    .mean(a.shape.map((_, i) => i).slice(1))
