import { z } from 'zod'
import { constant, type Tensor } from '../../src/graph/index.js'
import { gaussianLogDensity, gaussianLogRatio, gaussianSample } from '../../src/nn/variational.js'
import type { Rule } from '../../src/rules/contract.js'

/** Pixels of a linear model x = W z + s e, 25 of them, two latent numbers; each pixel hangs on one of these. */
const WEIGHTS = Array.from({ length: 25 }, (_, pixel) => (pixel < 10 ? [0.3, 0] : [0, 0.2]))
const DEVIATION = 0.5

const loads = [0, 1].map((k) => WEIGHTS.reduce((sum, row) => sum + row[k]! ** 2, 0) / DEVIATION ** 2)

const hyper = z.strictObject({
  /** By what the encoder's means are too small, and its variances too large; 1: it is exact. */
  off: z.number().default(1),
})

/** A variational auto-encoder that needs no training: its posterior is known in closed form, and so is p(x). */
export const linear: Rule<z.infer<typeof hyper>, { readonly weight: Tensor }> = {
  id: 'linear',
  title: 'Linear',
  summary: 'a linear Gaussian model',
  source: 'ours',
  targets: ['class'],
  hyper,
  training: { epochs: 1, batch: 20 },
  presets: {},
  locality: () => ({ blocks: [{ name: 'weight', parameters: ['weight'] }], promise: { local: true, window: 1 } }),
  init: () => ({ weight: constant(WEIGHTS.flat(), [25, 2]) }),
  steps: () => ({ joint: (state, { x }) => [state, { network: { error: x.sum() } }] }),
  objective: 'error',
  assess: (_, { x }) => ({ network: { error: x.sum([1, 2, 3]) } }),
  generator: (task, { off }) => ({
    samples: ({ weight }, random) =>
      random
        .normal('z', [task.batch, 2])
        .matmul(weight.transpose())
        .add(random.normal('e', [task.batch, 25]).mul(DEVIATION))
        .reshape([task.batch, 1, 5, 5]),
    density: {
      of: 'levels as they are',
      isExact: false,
      logWeight({ weight }, { x, random }) {
        const rows = x.reshape([-1, 25])
        const variances = loads.map((load) => off / (1 + load))
        const slope = loads.map((load) => 1 / (1 + load) / DEVIATION ** 2 / off)
        const mean = rows.matmul(weight).mul(constant(slope, [1, 2]))
        const logVariance = constant(variances.map(Math.log), [1, 2])
        const noise = random.normal('posterior', [task.batch, 2])
        const z = gaussianSample(mean, logVariance, noise)
        const density = gaussianLogDensity(rows, z.matmul(weight.transpose()), DEVIATION)
        return density.add(gaussianLogRatio(mean, logVariance, noise))
      },
    },
  }),
}

/** ln p(x) = ln N(x; 0, W W^T + s^2 I), by the directions of W, which are orthogonal. */
export function exactNats(x: readonly number[]): number {
  const along = [0, 1].map((k) => {
    const length = Math.sqrt(WEIGHTS.reduce((sum, row) => sum + row[k]! ** 2, 0))
    return x.reduce((sum, value, i) => sum + (value * WEIGHTS[i]![k]!) / length, 0)
  })
  const rest = x.reduce((sum, value) => sum + value ** 2, 0) - along.reduce((sum, value) => sum + value ** 2, 0)
  const variances = loads.map((load) => DEVIATION ** 2 * (1 + load))
  const normalised = (value: number, variance: number): number =>
    -0.5 * (value ** 2 / variance + Math.log(2 * Math.PI * variance))
  const others = -0.5 * (rest / DEVIATION ** 2 + 23 * Math.log(2 * Math.PI * DEVIATION ** 2))
  return others + along.reduce((sum, value, k) => sum + normalised(value, variances[k]!), 0)
}
