import { constant, type Tensor } from '../graph/index.js'

/** Learning-rate schedules: the part of training that is done (scalar in [0, 1)) to a factor of the step size. */
export const SCHEDULES = {
  constant: (_: Tensor): Tensor => constant(1),
  /** Constant for the first half, then linearly to 0: Hinton's Forward-Forward code. */
  'linear-half': (progress: Tensor): Tensor => constant(2).sub(progress.mul(2)).minimum(1),
  linear: (progress: Tensor): Tensor => constant(1).sub(progress),
  /** (1 + cos(pi p)) / 2, by its Taylor polynomial around 1/2: cosines differ by device, products do not. */
  cosine: (progress: Tensor): Tensor => {
    const u = progress.sub(0.5).mul(Math.PI)
    const u2 = u.square()
    // sin u = u - u^3/3! + ... to u^11 on [-pi/2, pi/2]: below 6e-8.
    const series = [-1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1]
    const sine = series.reduce<Tensor>((sum, c) => sum.mul(u2).add(c), constant(0)).mul(u)
    return constant(1).sub(sine).mul(0.5)
  },
} as const

export type Schedule = keyof typeof SCHEDULES

export const SCHEDULE_NAMES = ['constant', 'linear-half', 'linear', 'cosine'] as const satisfies readonly Schedule[]
