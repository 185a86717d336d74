import { argmax, logSoftmax, oneHot, type Tensor } from '../graph/index.js'
import { sampleAxes } from './axes.js'

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

/**
 * The mean loss of goodness [2N], of N positives and then their N negatives. `separation`: the part of the pairs in
 * which the positive has more.
 */
export function pairLoss(loss: PairLoss, goodness: Tensor, options: { theta: number; alpha: number }) {
  const n = goodness.shape[0]! / 2
  const [positive, negative] = [goodness.slice(0, 0, n), goodness.slice(0, n, 2 * n)]
  const separation = positive.greater(negative).cast('float32').mean()
  return { loss: PAIR_LOSSES[loss](positive, negative, options).mean(), metrics: { separation } }
}

/**
 * -sum_k q_k ln softmax(logits)_k: logits [N, K] and int32 labels [N] to losses [N]. q is 1 for the label; with
 * `smoothing` s (Szegedy et al. 2016) it is 1 - s + s / K for the label and s / K for the others.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, smoothing = 0): Tensor {
  const classes = logits.shape[1]!
  const label = oneHot(labels, classes)
  const q = smoothing === 0 ? label : label.mul(1 - smoothing).add(smoothing / classes)
  return logSoftmax(logits).mul(q).sum(-1).neg()
}

/** The part of a batch that scores [N, K] put into the right class, int32 [N]: a scalar. */
export const accuracy = (scores: Tensor, labels: Tensor): Tensor => argmax(scores).equal(labels).cast('float32').mean()

/** -t ln s(z) - (1 - t) ln(1 - s(z)), s the logistic function: logits z and targets t in [0, 1], elementwise. */
export const binaryCrossEntropy = (logits: Tensor, targets: Tensor): Tensor =>
  logits.softplus().sub(logits.mul(targets))

/** sum_j (a_j - b_j)^2 for each sample: [N, ...] to [N]. */
export const squaredError = (a: Tensor, b: Tensor): Tensor => a.sub(b).square().sum(sampleAxes(a))

/** (1/n) sum_j (a_j - b_j)^2 for each sample: [N, ...] to [N]. */
export const meanSquaredError = (a: Tensor, b: Tensor): Tensor => a.sub(b).square().mean(sampleAxes(a))

/**
 * The cosine embedding loss of every pair of a row of `a` [N, D] and a row of `b` [M, D]: 1 - cos where they are alike
 * (bool [N, M]), elsewhere max(0, cos - margin). The mean over the pairs that are alike plus the mean over those that
 * are not, each with weight 1/2; a kind without pairs counts as 0.
 */
export function cosineEmbedding(a: Tensor, b: Tensor, alike: Tensor, margin = 0): Tensor {
  const cosine = unit(a).matmul(unit(b), { transposeB: true })
  const weight = (chosen: Tensor): Tensor => chosen.div(chosen.sum().maximum(1).mul(2))
  const ofAlike = weight(alike.cast('float32'))
  const ofOthers = weight(alike.not().cast('float32'))
  return cosine.neg().add(1).mul(ofAlike).add(cosine.sub(margin).relu().mul(ofOthers)).sum()
}

/**
 * The supervised contrastive loss (Khosla et al. 2020, its form with the mean outside of the logarithm) between a row
 * of `a` [N, D] and all rows of `b` [N, D], and the other way round: the mean over the rows of a, and of b, of
 *   -mean over alike j of log softmax_j(cos(a_i, b_j) / temperature).
 * `alike`: bool [N, N], with at least one that holds in each row and column.
 */
export function supervisedContrast(a: Tensor, b: Tensor, alike: Tensor, temperature: number): Tensor {
  const logits = unit(a).matmul(unit(b), { transposeB: true }).div(temperature)
  const oneWay = (own: Tensor, same: Tensor): Tensor =>
    logSoftmax(own)
      .mul(same.div(same.sum(-1, true)))
      .sum(-1)
      .neg()
      .mean()
  const same = alike.cast('float32')
  return oneWay(logits, same).add(oneWay(logits.transpose(), same.transpose())).mul(0.5)
}

/** Rows of length 1; a row of zeros stays zero, with a finite gradient. */
const unit = (x: Tensor): Tensor => x.div(x.square().sum(-1, true).add(1e-12).sqrt())
