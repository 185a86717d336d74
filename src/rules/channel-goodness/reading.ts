import { constant, type Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'
import type { Task } from '../contract.js'
import { classesOf, fixedNormals } from '../task.js'
import { classGoodness, entropy, gramError, oneHotAssignment, softAssignment } from './assignment.js'
import type { ChannelGoodnessHyper } from './options.js'

/** What a reading learns: tau and, where the assignment is soft, A [n, K] and the logarithm t of its temperature. */
export type ReadingWeights = {
  readonly tau: Tensor
  readonly assignment?: Tensor
  readonly temperature?: Tensor
}

/** What a layer's energies say of the classes. */
export interface Said {
  /** [N, K]. */
  readonly logits: Tensor
  /** Terms of the loss that only the assignment enters. */
  readonly penalty?: Tensor
}

export interface Reading {
  init(random: Random, name: string): ReadingWeights
  /** Of standardised energies [N, n], at a part of the training that is done. */
  say(weights: ReadingWeights, energies: Tensor, progress: Tensor): Said
}

/** The bounds of exp(t) (CAW-Conv). */
const [COLDEST, WARMEST] = [0.1, 100]

/** The weight of the Gram term reaches its full value in a third of the training (CAW-Conv: 50 of 150 epochs). */
const RAMP = 3

/** T = clamp(exp(t), 0.1, 100), and falls over the training by the factor `decay`. */
export const temperatureAt = (t: Tensor, decay: number, progress: Tensor): Tensor =>
  t
    .exp()
    .maximum(COLDEST)
    .minimum(WARMEST)
    .mul(progress.mul(Math.log(decay)).exp())

/** How layer `layer` reads its `size` energies as classes. */
export function readingOf(task: Task, h: ChannelGoodnessHyper, layer: number, size: number): Reading {
  const classes = classesOf(task)
  const tau = constant(h.tau)
  if (h.reading === 'soft')
    return {
      init: (random, name) => ({
        tau,
        assignment: random.normal(`${name}.assignment`, [size, classes]).mul(h.spread),
        temperature: constant(Math.log(h.temperature)),
      }),
      say(weights, energies, progress) {
        const w = softAssignment(weights.assignment!, temperatureAt(weights.temperature!, h.decay, progress))
        return {
          logits: classGoodness(energies, w).mul(weights.tau),
          penalty: entropy(w)
            .mul(h.entropy)
            .add(gramError(w).mul(h.gram).mul(progress.mul(RAMP).minimum(1))),
        }
      },
    }
  const say =
    h.reading === 'one-hot'
      ? (energies: Tensor) => classGoodness(energies, oneHotAssignment(size, classes))
      : (energies: Tensor) =>
          energies.matmul(fixedNormals(task, `reading ${layer}`, [size, classes], 1 / Math.sqrt(size)))
  return {
    init: () => ({ tau }),
    say: (weights, energies) => ({ logits: say(energies).mul(weights.tau) }),
  }
}
