import { constant, type Tensor } from '../../graph/index.js'
import { laplaceDivergence, laplaceVariance, softThreshold } from '../../nn/laplace.js'
import { adam, descend, stepSize } from '../../nn/optimizers.js'
import type { PatchCell } from './cell.js'
import type { SparseCellsHyper } from './options.js'

/**
 * E and D, [L, D] both; the logarithms of theta and of the posterior's scales b, [L]. The rows of D count by their
 * direction alone.
 */
export type Variational = {
  readonly encoder: Tensor
  readonly decoder: Tensor
  readonly logThreshold: Tensor
  readonly logScale: Tensor
}

/** Where theta and b begin. */
const [THRESHOLD, SCALE] = [0.5, 0.2]

/** Rows of length 1. */
const unitRows = (rows: Tensor): Tensor => rows.div(rows.square().sum(1, true).add(1e-12).sqrt())

/** What the cell is trained by, of whitened patches [M, D]: a scalar, and the figures that it is made of. */
export function freeEnergy(p: Variational, x: Tensor, { deviation, beta }: SparseCellsHyper) {
  const mean = softThreshold(x.matmul(p.encoder, { transposeB: true }), p.logThreshold.exp())
  const scale = p.logScale.exp()
  // E ||x - D^T z||^2: the rows of D have length 1, so that the variance of each latent is added as it is.
  const distance = x.sub(mean.matmul(unitRows(p.decoder))).square()
  const error = distance.sum(1).mean().add(laplaceVariance(scale).sum())
  const divergence = laplaceDivergence(mean, scale).mean()
  const active = mean.abs().greater(0).cast('float32').mean()
  return { loss: error.div(2 * deviation ** 2).add(divergence.mul(beta)), error, divergence, active }
}

/**
 * A sparse variational auto-encoder of patches: posterior Laplace(m, b) with m = soft(E x, theta), prior Laplace(0, 1),
 * and a linear decoder with rows of length 1. The expectation of its error over the posterior is in closed form, so that
 * nothing is drawn.
 */
export function variational(h: SparseCellsHyper): PatchCell<Variational> {
  const optimizer = adam()
  return {
    init(random, patches) {
      const decoder = unitRows(random.normal('decoder', [h.latents, patches.shape[1]!]))
      const all = (value: number): Tensor => constant(Math.log(value)).broadcastTo([h.latents])
      return { encoder: decoder, decoder, logThreshold: all(THRESHOLD), logScale: all(SCALE) }
    },
    learner: (p) => optimizer.init(p),
    learn(p, learner, patches, { progress }) {
      const { loss, error, divergence, active } = freeEnergy(p, patches, h)
      const next = descend(optimizer, p, loss, learner, stepSize(h, progress))
      return { next, measured: { loss, error, divergence, active } }
    },
    code: ({ encoder, logThreshold }) => ({ filters: encoder, thresholds: logThreshold.exp() }),
  }
}
