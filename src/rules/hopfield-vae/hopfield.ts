/**
 * A continuous Hopfield network of three layers of units, and how it settles while one layer is clamped.
 *
 *   E(s) = sum_i G_i(s_i) - 1/2 s^T W s - b^T s,   G_i' the inverse of unit i's activation f_i,
 *
 * W symmetric without diagonal. Where E is stationary every free unit has s_i = f_i((W s + b)_i). Units are logistic,
 * f(a) = 1 / (1 + exp(-4 a + 2)), or linear. A coupling that is not there is the mask: `visible`-`hidden` and
 * `hidden`-`latent` alone make a layered network, all of them a dense one.
 */
import { concat, constant, scan, type Tensor } from '../../graph/index.js'
import { type Contrast, contrastOf, outerContrast } from '../../nn/contrast.js'
import { LOGISTIC, type SquashedUnit } from '../../nn/units.js'
import { packSymmetric, unpackSymmetric } from './symmetric.js'

export const LAYERS = ['visible', 'hidden', 'latent'] as const
export type Layer = (typeof LAYERS)[number]

/**
 * Each coupling is stored once, with the upper one of its two layers: `hidden.visible` is [visible, hidden] and carries
 * both ways; couplings within a layer are packed, see `symmetric.ts`.
 */
export type Network = Readonly<Record<Layer, { readonly bias: Tensor } & { readonly [L in Layer]?: Tensor }>>

const heightOf = (layer: Layer): number => LAYERS.indexOf(layer)

export const unitsIn = (network: Network, layer: Layer): number => network[layer].bias.size

/** What the units of one layer send to another, times `gain`: states [N, from] to currents [N, to]. */
export function sender(network: Network, from: Layer, to: Layer, gain = 1): ((states: Tensor) => Tensor) | undefined {
  const [lower, upper] = heightOf(from) <= heightOf(to) ? [from, to] : [to, from]
  const stored = network[upper][lower]
  if (!stored) return undefined
  const matrix = from === to ? unpackSymmetric(stored, unitsIn(network, from)) : stored
  const weight = gain === 1 ? matrix : matrix.mul(gain)
  return (states) => states.matmul(weight, { transposeB: from !== to && from === upper })
}

/** The states of the free layers: the hidden one and the one that is read. */
export interface States {
  readonly hidden: Tensor
  readonly output: Tensor
}

/** A force on the output units, added to their currents; it may read their states. `sign`: + or -, [2 N, 1]. */
export type Force = (output: Tensor, sign: Tensor) => Tensor

export interface Clamping {
  readonly clamped: Layer
  /** What it is clamped to, [N, units]. */
  readonly value: Tensor
  readonly output: Layer
  /** How the output units answer; hidden ones are logistic. */
  readonly units: SquashedUnit
  /** The part of its old state that a free unit keeps in a sweep. */
  readonly damping: number
}

export interface Settling {
  /** `sweeps` block updates of the hidden units, then of the output units; from zeros, if from nothing else. */
  free(sweeps: number, start?: States): States
  /** Two copies of the free states that a force of either sign pulls away, and what becomes of their difference. */
  nudged(free: States, sweeps: number, force: Force, damping: number): { readonly plus: States; readonly minus: States }
}

/** Each row twice: for a force of either sign. */
export const both = (x: Tensor): Tensor => concat([x, x], 0)

/** A network with one layer clamped. What the clamped units send is computed once. */
export function clamp(network: Network, { clamped, value, output, units, damping }: Clamping): Settling {
  const n = value.shape[0]!
  /** The part of a layer's currents that does not change, and that which its free neighbours send. */
  const inputsOf = (to: Layer, { gain, shift }: SquashedUnit) => {
    const bias = network[to].bias.mul(gain).add(shift)
    const constantPart = sender(network, clamped, to, gain)?.(value).add(bias) ?? bias
    const [fromHidden, fromOutput] = [sender(network, 'hidden', to, gain), sender(network, output, to, gain)]
    return { constantPart: constantPart.broadcastTo([n, unitsIn(network, to)]), fromHidden, fromOutput }
  }
  const toHidden = inputsOf('hidden', LOGISTIC)
  const toOutput = inputsOf(output, units)
  type Inputs = typeof toHidden
  const current = ({ constantPart, fromHidden, fromOutput }: Inputs, states: States): Tensor =>
    [fromHidden?.(states.hidden), fromOutput?.(states.output)].reduce<Tensor>(
      (sum, x) => (x ? x.add(sum) : sum),
      constantPart,
    )
  const kept = (before: Tensor, after: Tensor, part: number): Tensor =>
    part === 0 ? after : before.mul(part).add(after.mul(1 - part))

  const sweeping = (
    sweeps: number,
    start: States,
    [hiddenInputs, outputInputs]: readonly [Inputs, Inputs],
    force?: (output: Tensor) => Tensor,
    outputDamping = damping,
  ): States => {
    const sweep = ([h, o]: Tensor[]): Tensor[] => {
      const hidden = kept(h!, LOGISTIC.squash(current(hiddenInputs, { hidden: h!, output: o! })), damping)
      const own = current(outputInputs, { hidden, output: o! })
      const pulled = force ? own.add(force(o!).mul(units.gain)) : own
      return [hidden, kept(o!, units.squash(pulled), outputDamping)]
    }
    const [hidden, last] = scan(sweeps, [start.hidden, start.output], (states) => ({ carried: sweep(states) })).carried
    return { hidden: hidden!, output: last! }
  }
  const zero = (layer: Layer): Tensor => constant(0).broadcastTo([n, unitsIn(network, layer)])

  return {
    free: (sweeps, start = { hidden: zero('hidden'), output: zero(output) }) =>
      sweeping(sweeps, start, [toHidden, toOutput]),
    nudged(free, sweeps, force, outputDamping) {
      const twice = (inputs: Inputs): Inputs => ({ ...inputs, constantPart: both(inputs.constantPart) })
      const sign = constant(
        Float64Array.from({ length: 2 * n }, (_, i) => (i < n ? 1 : -1)),
        [2 * n, 1],
      )
      const start = { hidden: both(free.hidden), output: both(free.output) }
      const states = sweeping(
        sweeps,
        start,
        [twice(toHidden), twice(toOutput)],
        (o) => force(o, sign),
        Math.max(damping, outputDamping),
      )
      const half = (from: number): States => ({
        hidden: states.hidden.slice(0, from, from + n),
        output: states.output.slice(0, from, from + n),
      })
      return { plus: half(0), minus: half(n) }
    },
  }
}

/**
 * One pass from the clamped layer over the hidden one to the output, nothing back: an ordinary feed-forward network.
 */
export function feedForward(network: Network, { clamped, value, output, units }: Clamping): States {
  const into = (from: Layer, to: Layer, states: Tensor, { gain, shift, squash }: SquashedUnit): Tensor =>
    squash(sender(network, from, to, gain)!(states).add(network[to].bias.mul(gain).add(shift)))
  const hidden = into(clamped, 'hidden', value, LOGISTIC)
  return { hidden, output: into('hidden', output, hidden, units) }
}

/** Of each layer the two nudged states, their difference over 2 beta; a clamped layer has one state alone. */
export type Contrasts = Readonly<Record<Layer, Contrast | Pick<Contrast, 'mean'>>>

/** `perTwoBeta`: 1 / (2 beta), for all rows or for each, [N, 1]. */
export function contrasts(
  { clamped, value, output }: Clamping,
  { plus, minus }: ReturnType<Settling['nudged']>,
  perTwoBeta: Tensor | number,
): Contrasts {
  return {
    hidden: contrastOf(plus.hidden, minus.hidden, perTwoBeta),
    [output]: contrastOf(plus.output, minus.output, perTwoBeta),
    [clamped]: { mean: value },
  } as Contrasts
}

const moves = (layer: Contrasts[Layer]): layer is Contrast => 'difference' in layer

/**
 * What equilibrium propagation makes of contrasts: for every coupled pair
 *   dL/dW_ij = -(s+_i s+_j - s-_i s-_j) / (2 beta),   dL/db_i = -(s+_i - s-_i) / (2 beta),
 * the mean over the rows, by the parameter's dotted name. Couplings between clamped units, and their biases, have none.
 */
export function contrastGradients(network: Network, contrasts: Contrasts): Record<string, Tensor> {
  const gradients: Record<string, Tensor> = {}
  const share = -1 / contrasts.hidden.mean.shape[0]!
  const product = (a: Tensor, b: Tensor): Tensor => a.matmul(b, { transposeA: true })
  for (const upper of LAYERS) {
    const above = contrasts[upper]
    for (const lower of LAYERS) {
      const below = contrasts[lower]
      if (!network[upper][lower] || !(moves(above) || moves(below))) continue
      let gradient: Tensor
      if (upper === lower) {
        const half = product((above as Contrast).difference, above.mean)
        gradient = packSymmetric(half.add(half.transpose()))
      } else if (!moves(below)) gradient = product(below.mean, (above as Contrast).difference)
      else gradient = moves(above) ? outerContrast(below, above) : product(below.difference, above.mean)
      gradients[`${upper}.${lower}`] = gradient.mul(share)
    }
    if (moves(above)) gradients[`${upper}.bias`] = above.difference.sum(0).mul(share)
  }
  return gradients
}

/**
 * The input gradient: a clamped layer's value is one more parameter of the energy, so
 *   dL/dvalue = [dE/dvalue(s+) - dE/dvalue(s-)] / (2 beta) = -W (s+ - s-) / (2 beta),
 * the change of the current that the free units send back into the clamped ones.
 */
export function inputGradient(network: Network, clamped: Layer, contrasts: Contrasts): Tensor {
  const currents = LAYERS.flatMap((layer) => {
    const own = contrasts[layer]
    const sent = moves(own) && sender(network, layer, clamped)?.(own.difference)
    return sent ? [sent] : []
  })
  return currents.reduce((sum, x) => sum.add(x)).neg()
}
