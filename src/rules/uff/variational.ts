import { sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { affine, type Dense, dense, transposedProduct } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import type { Passed } from '../layerwise/design.js'
import { type Cell, type CellInput, PIXELS } from './cell.js'

/** The variance of p(x | z) where x are latents. */
const VARIANCE = 0.1

/** W_e, W_m and W_v with their biases, and the biases of the decoder. */
export type Variational = {
  readonly hidden: Dense
  readonly mean: Dense
  readonly logVariance: Dense
  readonly decoder: { readonly hidden: Tensor; readonly output: Tensor }
}

type Posterior = Passed & { readonly logVariance: Tensor }

/**
 * A dense variational cell (Kingma and Welling 2014): e = relu(W_e x), m = W_m e, v = W_v e, and D with tied weights,
 * D(z) = W_e^T relu(W_m^T z), each with a bias. m goes up; while it learns, z = m + e^(v/2) n is decoded.
 */
export function variational(
  options: CellInput & { readonly units: number; readonly hidden: number },
): Cell<Variational, Posterior> {
  const { inputShape, source, units, hidden, precision } = options
  const inputs = sizeOf(inputShape)
  const posterior = (p: Variational, input: Tensor): Posterior => {
    const e = affine(p.hidden, source.normalized(flat(input)), precision).relu()
    return { output: affine(p.mean, e, precision), logVariance: affine(p.logVariance, e, precision) }
  }
  const back = (p: Variational, z: Tensor): Tensor => {
    const e = transposedProduct(z, p.mean.weight, precision).add(p.decoder.hidden).relu()
    return transposedProduct(e, p.hidden.weight, precision).add(p.decoder.output)
  }
  return {
    outputShape: [units],
    init: (random, name) => ({
      hidden: dense(random, `${name}.encoder.0`, inputs, hidden, 'glorot'),
      mean: dense(random, `${name}.encoder.1`, hidden, units, 'glorot'),
      logVariance: dense(random, `${name}.logVariance`, hidden, units, 'glorot'),
      decoder: { hidden: zeros([hidden]), output: zeros([inputs]) },
    }),
    forward: posterior,
    loss({ parameters, input, made: { output: mean, logVariance }, random }) {
      const z = gaussianSample(mean, logVariance, random.normal('code', mean.shape))
      const error = source.error(back(parameters, z), flat(input))
      // -ln p(x | z) + KL(N(m, e^v) || N(0, 1)), but for the Gaussian's constant.
      const surprise = source === PIXELS ? error : error.mul(0.5 / VARIANCE)
      const divergence = gaussianDivergence(mean, logVariance).mean()
      return { loss: surprise.mean().add(divergence), metrics: { divergence } }
    },
    decode: (p, latent) => source.expected(back(p, latent)),
    divergence(p, input) {
      const { output: mean, logVariance } = posterior(p, input)
      return gaussianDivergence(mean, logVariance)
    },
  }
}
