import type { Tensor } from '../graph/index.js'

/** A kind of unit of an energy network E(s) = sum_i G(s_i) - Phi(s), elementwise. */
export interface Unit {
  /** f, the inverse of G': what minimises G(s) - a s for a total input a = dPhi/ds. */
  response(a: Tensor): Tensor
  /** G, wherever a response can lie. */
  potential(s: Tensor): Tensor
}

/** Units whose response is f(a) = squash(gain a + shift), so that the gain may be folded into their weights. */
export interface SquashedUnit {
  readonly gain: number
  readonly shift: number
  squash(x: Tensor): Tensor
}

/** f(a) = 1 / (1 + exp(2 - 4 a)). */
export const LOGISTIC: SquashedUnit = { gain: 4, shift: -2, squash: (x) => x.sigmoid() }

/** f(a) = a. */
export const LINEAR: SquashedUnit = { gain: 1, shift: 0, squash: (x) => x }

const half = (s: Tensor): Tensor => s.square().mul(0.5)

const entropy = (p: Tensor): Tensor => p.mul(p.maximum(1e-30).log())

export const UNITS = {
  /** f(a) = a, G(s) = s^2 / 2. */
  linear: { response: (a) => a, potential: half },
  /** f(a) = min(max(a, 0), 1), G(s) = s^2 / 2 in the box [0, 1]: the hard sigmoid. */
  clip: { response: (a) => a.relu().minimum(1), potential: half },
  /** f(a) = 1 / (1 + exp(2 - 4 a)), G(s) = (s ln s + (1 - s) ln(1 - s)) / 4 + s / 2: Ernoult et al. 2019. */
  logistic: {
    response: (a) => LOGISTIC.squash(a.mul(LOGISTIC.gain).add(LOGISTIC.shift)),
    potential: (s) =>
      entropy(s)
        .add(entropy(s.neg().add(1)))
        .mul(0.25)
        .add(s.mul(0.5)),
  },
} as const satisfies Record<string, Unit>
