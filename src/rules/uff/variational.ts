import { sizeOf, type Shape, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { affine, type Dense, dense, type Precision, transposedProduct } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import { type Cell, PIXELS, type Source } from './cell.js'

/** The variance of p(x | z) where x are latents; pixels have Bernoulli's. */
const VARIANCE = 0.1

/** W_1, W_m and W_v with their biases; D takes W_m and W_1 transposed, with biases of its own. */
export type Variational = {
  readonly hidden: Dense
  readonly mean: Dense
  readonly logVariance: Dense
  readonly decoder: { readonly hidden: Tensor; readonly output: Tensor }
}

export interface VariationalOptions {
  readonly inputShape: Shape
  readonly source: Source
  readonly units: number
  readonly hidden: number
  readonly precision: Precision
}

/**
 * A dense variational cell (Kingma and Welling 2014): e = relu(W_1 LN(x)), m = W_m e, v = W_v e, z = m + e^(v/2) n,
 * x^ = W_1^T relu(W_m^T z). It hands up m.
 */
export function variational({ inputShape, source, units, hidden, precision }: VariationalOptions): Cell<Variational> {
  const inputs = sizeOf(inputShape)
  const { normalized, expected, error } = source
  const features = (p: Variational, below: Tensor): Tensor =>
    affine(p.hidden, normalized(flat(below)), precision).relu()
  const posterior = (p: Variational, below: Tensor): [mean: Tensor, logVariance: Tensor] => {
    const e = features(p, below)
    return [affine(p.mean, e, precision), affine(p.logVariance, e, precision)]
  }
  const back = ({ hidden, mean, decoder }: Variational, z: Tensor): Tensor => {
    const e = transposedProduct(z, mean.weight, precision).add(decoder.hidden).relu()
    return transposedProduct(e, hidden.weight, precision).add(decoder.output)
  }
  return {
    inputShape: [inputs],
    outputShape: [units],
    init: (random, name) => ({
      hidden: dense(random, `${name}.encoder.0`, inputs, hidden, 'glorot'),
      mean: dense(random, `${name}.encoder.1`, hidden, units, 'glorot'),
      logVariance: dense(random, `${name}.logVariance`, hidden, units, 'glorot'),
      decoder: { hidden: zeros([hidden]), output: zeros([inputs]) },
    }),
    encode: (p, below) => affine(p.mean, features(p, below), precision),
    learn(p, below, random, name) {
      const x = flat(below)
      const [mean, logVariance] = posterior(p, x)
      const z = gaussianSample(mean, logVariance, random.normal(name, mean.shape))
      // -ln p(x | z) + KL(N(m, e^v) || N(0, 1)), without the Gaussian's normaliser.
      const surprise = error(back(p, z), x).mul(source === PIXELS ? 1 : 0.5 / VARIANCE)
      const divergence = gaussianDivergence(mean, logVariance).mean()
      return { latent: mean, loss: surprise.mean().add(divergence), divergence }
    },
    decode: (p, latent) => expected(back(p, latent)),
    divergence: (p, below) => gaussianDivergence(...posterior(p, below)),
  }
}
