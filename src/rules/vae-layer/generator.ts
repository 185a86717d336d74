import { sizeOf, type Tensor } from '../../graph/index.js'
import { gaussianLogDensity, gaussianLogRatio, gaussianSample } from '../../nn/variational.js'
import type { Density, Generator, Task } from '../contract.js'
import { dequantised } from '../dequantised.js'
import type { VaeCells, VaeLayerState } from './cell.js'
import { halves, twice } from './mirror.js'
import type { VaeLayerHyper } from './options.js'
import { decodeToPixels } from './pictures.js'

/**
 * Of network A: samples and reconstructions by its last cell, and the density of its first one. The loss of that cell, SE / D
 * + beta KL, is beta times SE / (2 s^2) + KL with s^2 = D beta / 2: a Gaussian decoder of deviation s, without the normaliser.
 * Cells above read latents, and of pixels have no density.
 */
export function generatorOf(
  cells: readonly VaeCells[],
  task: Task,
  { cell, beta }: VaeLayerHyper,
  latentsOf: (state: VaeLayerState, x: Tensor) => Tensor[],
): Generator<VaeLayerState> {
  const [first, last] = [cells[0]!, cells.at(-1)!]
  const { shape, levels } = task.input
  const pixels = (state: VaeLayerState, z: Tensor): Tensor => halves(decodeToPixels(cells, state, z)).a
  const deviation = Math.sqrt((sizeOf(shape) * beta) / 2)
  const density: Density<VaeLayerState> = {
    of: `images with one level of uniform noise, by the first cell of network a with the deviation ${deviation.toPrecision(3)} that its loss stands for`,
    isExact: false,
    ...(levels !== undefined && { scale: levels - 1 }),
    logWeight({ layers: [own] }, { x, random }) {
      const { mean, logVariance } = first.encode(own!, twice(x))
      const [m, v] = [halves(mean).a, halves(logVariance!).a]
      const noise = random.normal('posterior', m.shape)
      const decoded = halves(first.decode(own!, twice(gaussianSample(m, v, noise)))).a
      return gaussianLogDensity(dequantised(x, task, random), decoded, deviation).add(gaussianLogRatio(m, v, noise))
    },
  }
  return {
    ...(cell === 'vae' && {
      samples: (state, random) => pixels(state, twice(random.normal('prior', [task.batch, ...last.latentShape]))),
    }),
    reconstructions: (state, { x }) => pixels(state, latentsOf(state, x).at(-1)!),
    latents: {
      of: 'the code of the last cell, in network a',
      encode: (state, { x }) => halves(latentsOf(state, x).at(-1)!).a.reshape([task.batch, -1]),
      decode: (state, z) => pixels(state, twice(z.reshape([task.batch, ...last.latentShape]))),
    },
    ...(cell === 'vae' && beta > 0 && { density }),
  }
}
