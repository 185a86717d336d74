import type { Tensor } from '../graph/index.js'
import type { Random } from '../nn/random.js'
import type { Task } from './contract.js'

/**
 * Levels as real numbers, x + (u - 1/2) / (L - 1) with u uniform on [0, 1): spread evenly over what is nearer to
 * their level than to any other. A density of these, times the width 1 / (L - 1) of D levels, bounds the probability of an image
 * of whole levels (Theis, van den Oord and Bethge 2016). Real numbers stay as they are.
 */
export const dequantised = (x: Tensor, { input: { levels } }: Pick<Task, 'input'>, random: Random): Tensor =>
  levels === undefined
    ? x
    : x.add(
        random
          .uniform('level', x.shape)
          .sub(0.5)
          .mul(1 / (levels - 1)),
      )
