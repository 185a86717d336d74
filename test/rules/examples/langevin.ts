// Noise inside of a loop: samples of a normal distribution around what a layer predicts, by Langevin steps.
import { scan, sizeOf, type Tensor } from '../../../src/graph/index.js'
import { flat, normalWeights, type Random } from '../../../src/nn/index.js'
import { defineRule, z } from '../../../src/rules/index.js'

const hyper = z.strictObject({
  units: z.int().min(1).default(50),
  turns: z.int().min(1).default(200),
  step: z.number().positive().default(0.1),
})
type Hyper = z.infer<typeof hyper>

/** s <- s - e (s - m) + sqrt(2 e) noise: of variance 1 / (1 - e / 2) in the long run. */
const settled = (mean: Tensor, random: Random, { turns, step }: Hyper): Tensor =>
  scan(turns, [mean], ([s]) => {
    const noise = random.normal('jolt', mean.shape).mul(Math.sqrt(2 * step))
    return { carried: [s!.sub(s!.sub(mean).mul(step)).add(noise)] }
  }).carried[0]!

export const langevin = defineRule<Hyper, { weight: Tensor }>({
  id: 'langevin',
  hyper,
  targets: ['none', 'class'],
  locality: () => ({
    blocks: [{ name: 'layer', parameters: ['weight'] }],
    promise: { local: true, window: 1 },
  }),
  init: (random, task, { units }) => ({
    weight: normalWeights(random, 'weight', [sizeOf(task.input.shape), units], 'fan-in'),
  }),
  steps: (task, h) => ({
    joint({ weight }, { x, random }) {
      const mean = flat(x).matmul(weight)
      const away = settled(mean, random, h).sub(mean)
      const next = weight.add(
        flat(x)
          .transpose()
          .matmul(away)
          .mul(1e-3 / task.batch),
      )
      return [{ weight: next }, { network: { variance: away.square().mean() } }]
    },
  }),
  objective: 'variance',
  assess({ weight }, { x, random }, _, h) {
    const mean = flat(x).matmul(weight)
    return { network: { variance: settled(mean, random, h).sub(mean).square().mean(1) } }
  },
})
