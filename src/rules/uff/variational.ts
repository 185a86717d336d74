import { sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { affine, type Dense, dense, transposedProduct } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import type { Layer } from '../../nn/network.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import { type Cell, type CellOptions, type Encoded, PIXELS } from './cell.js'

/** The variance of p(x | z) where x are no pixels. */
const VARIANCE = 0.1

/** W_e, W_m and W_v with their biases, and the biases of the decoder. */
export type Variational = {
  readonly encoder: Dense
  readonly mean: Dense
  readonly logVariance: Dense
  readonly decoder: { readonly hidden: Tensor; readonly output: Tensor }
}

/** Its output is m. */
type Posterior = Encoded & { readonly logVariance: Tensor; readonly divergence: Tensor }

/**
 * A dense variational cell (Kingma and Welling 2014): e = relu(W_e x), m = W_m e, v = W_v e, and D with tied weights,
 * D(z) = W_e^T relu(W_m^T z), each with a bias. m goes up; while it learns, D gets z = m + e^(v/2) n.
 */
export function variational(
  { inputShape, outputShape }: Layer,
  { source, precision, hidden }: CellOptions & { readonly hidden: number },
): Cell<Variational, Posterior> {
  const [inputs, units] = [sizeOf(inputShape), sizeOf(outputShape)]
  const back = (p: Variational, z: Tensor): Tensor => {
    const e = transposedProduct(z, p.mean.weight, precision).add(p.decoder.hidden).relu()
    return transposedProduct(e, p.encoder.weight, precision).add(p.decoder.output)
  }
  return {
    outputShape,
    init: (random, name) => ({
      encoder: dense(random, `${name}.encoder.0`, inputs, hidden, 'glorot'),
      mean: dense(random, `${name}.encoder.1`, hidden, units, 'glorot'),
      logVariance: dense(random, `${name}.logVariance`, hidden, units, 'glorot'),
      decoder: { hidden: zeros([hidden]), output: zeros([inputs]) },
    }),
    forward(p, input) {
      const e = affine(p.encoder, source.normalized(flat(input)), precision).relu()
      const [mean, logVariance] = [affine(p.mean, e, precision), affine(p.logVariance, e, precision)]
      return { output: mean, logVariance, divergence: gaussianDivergence(mean, logVariance) }
    },
    loss({ parameters, input, made: { output: mean, logVariance, divergence }, random }) {
      const z = gaussianSample(mean, logVariance, random.normal('code', mean.shape))
      const error = source.error(back(parameters, z), flat(input))
      // -ln p(x | z) + KL(N(m, e^v) || N(0, 1)), but for the Gaussian's constant.
      const surprise = source === PIXELS ? error : error.mul(0.5 / VARIANCE)
      const nats = divergence.mean()
      return { loss: surprise.mean().add(nats), metrics: { divergence: nats } }
    },
    decode: (p, latent) => source.expected(back(p, latent)),
  }
}
