import type { Tensor } from '../../graph/index.js'
import { binaryCrossEntropy } from '../../nn/losses.js'
import { gaussianLogDensity, gaussianLogRatio } from '../../nn/variational.js'
import type { Density, Generator, Task } from '../contract.js'
import { dequantised } from '../dequantised.js'
import { levelsOf } from '../task.js'
import { modelOf, type Networks } from './model.js'
import type { HopfieldVaeHyper } from './options.js'

/** Samples of the prior, reconstructions by the means of codes, and the density that the evidence bound J is a bound of. */
export function generatorOf<State>(
  task: Task,
  h: HopfieldVaeHyper,
  networksOf: (state: State) => Networks,
): Generator<State> {
  const model = modelOf(task, h)
  const levels = levelsOf(task)
  const images = (rows: Tensor): Tensor => rows.reshape([-1, ...task.input.shape])
  const drawn = (state: State, z: Tensor): Tensor => images(model.pixels(model.decode(networksOf(state), z)))

  /** ln p(z) - ln q(z | x) [N] and what z is decoded to, by one draw of z. */
  const decoded = (state: State, x: Tensor, noise: Tensor): { ratio: Tensor; output: Tensor } => {
    const posterior = model.encode(networksOf(state), x)
    const output = model.decode(networksOf(state), model.sample(posterior, noise))
    return { ratio: gaussianLogRatio(posterior.mean, posterior.logVariance, noise), output }
  }
  const noiseShape = [task.batch, h.latent]
  const gaussian: Density<State> = {
    of: 'images with one level of uniform noise, levels as parts of the largest',
    isExact: false,
    scale: levels - 1,
    logWeight(state, { x, random }) {
      const { ratio, output } = decoded(state, model.rows(x), random.normal('posterior', noiseShape))
      const real = model.rows(dequantised(x, task, random))
      return gaussianLogDensity(real, model.pixels(output), h.sigmaX).add(ratio)
    },
  }
  const bernoulli: Density<State> = {
    of: levels === 2 ? 'binary images' : 'images made binary: 1 from one half on',
    isExact: false,
    scale: 1,
    logWeight(state, { x, random }) {
      const binary = model.rows(x).greaterEqual(0.5).cast('float32')
      const { ratio, output } = decoded(state, binary, random.normal('posterior', noiseShape))
      return ratio.sub(binaryCrossEntropy(output, binary).sum(-1))
    },
  }
  return {
    samples: (state, random) => drawn(state, random.normal('prior', noiseShape)),
    reconstructions: (state, { x }) => drawn(state, model.encode(networksOf(state), model.rows(x)).mean),
    latents: {
      of: 'the code to which the network settles',
      encode: (state, { x }) => model.encode(networksOf(state), model.rows(x)).mean,
      decode: drawn,
    },
    density: h.decoder === 'gaussian' ? gaussian : bernoulli,
  }
}
