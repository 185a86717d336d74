import type { Shape, Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'

/** A density of independent latent coordinates. */
export interface Prior {
  /** ln p(z) of each coordinate. */
  logDensity(z: Tensor): Tensor
  readonly deviation: number
  sample(random: Random, name: string, shape: Shape): Tensor
}

/** Uniform numbers are multiples of 2^-24 below 1, and 0 among them has no logarithm: it counts as half a step. */
const LEAST = 2 ** -25

export const PRIORS = {
  /** ln p(z) = -softplus(z) - softplus(-z); samples ln u - ln(1 - u). */
  logistic: {
    logDensity: (z) => z.softplus().add(z.neg().softplus()).neg(),
    deviation: Math.PI / Math.sqrt(3),
    sample(random, name, shape) {
      const u = random.uniform(name, shape).maximum(LEAST)
      return u.log().sub(u.neg().add(1).log())
    },
  },
  /** ln p(z) = -z^2 / 2 - ln(2 pi) / 2. */
  gaussian: {
    logDensity: (z) =>
      z
        .square()
        .add(Math.log(2 * Math.PI))
        .mul(-0.5),
    deviation: 1,
    sample: (random, name, shape) => random.normal(name, shape),
  },
} as const satisfies Record<string, Prior>
