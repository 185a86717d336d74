import type { Tensor } from '../../graph/index.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import type { Random } from '../../nn/random.js'
import type { Undone } from '../../nn/reversible.js'
import { tensorsOf } from '../../nn/tree.js'
import { cut, type Order } from './orders.js'

/** The network m of a coupling, and the logarithms s of its scaling, [D], in the coupling's own order. */
export type Coupling = { readonly layers: readonly Dense[]; readonly scale: Tensor }

/** What flows from coupling to coupling: the coordinates in parts [N, .], and ln |det| of all maps so far, a scalar. */
export type Parts = readonly Tensor[]

/** With a last layer of zeros and a scaling of one: the identity. */
export function newCoupling(random: Random, name: string, [kept, changed]: Order, units: readonly number[]): Coupling {
  const [inputs, outputs] = [kept!.length, changed!.length]
  const hidden = units.map((unit, i) => dense(random, `${name}.layers.${i}`, units[i - 1] ?? inputs, unit, 'he'))
  const last = { weight: zeros([units.at(-1)!, outputs]), bias: zeros([outputs]) }
  return { layers: [...hidden, last], scale: zeros([inputs + outputs]) }
}

/** A coupling and its scaling, between parts a (kept), b (changed) and d, the logarithm of the determinant. */
export interface CouplingMap {
  /** y_a = exp(s_a) a, y_b = exp(s_b) (b + unit m(a)), d + sum s. */
  forward(x: Parts): Parts
  /** a = exp(-s_a) y_a, b = exp(-s_b) y_b - unit m(a), d - sum s. */
  inverse(y: Parts): Parts
  /** The inverse and, with the same evaluation of m, the way forward again; by the coupling's parameters. */
  undo(y: Parts): Undone
}

/** m before its outputs are given their unit: [N, a] to [N, b]. */
export type Network = (layers: readonly Dense[], a: Tensor) => Tensor

/** Layers of rectifiers under a linear one. */
export const rectifiers: Network = (layers, a) =>
  affine(
    layers.at(-1)!,
    layers.slice(0, -1).reduce((h, layer) => affine(layer, h).relu(), a),
  )

/** `unit`: what m's outputs are counted in, one number for each coordinate of b. */
export function mapOf(coupling: Coupling, order: Order, unit: Tensor, network: Network): CouplingMap {
  const { layers, scale } = coupling
  const factors = cut(scale, order).map((s) => s.exp()) as [Tensor, Tensor]
  const shift = (a: Tensor): Tensor => network(layers, a).mul(unit)
  /** The end of the way forward. */
  const scaled = (a: Tensor, b: Tensor, d: Tensor): Parts => [a.mul(factors[0]), b.mul(factors[1]), d.add(scale.sum())]
  const unscaled = ([a, b, d]: Parts): [Tensor, Tensor, Tensor] => [
    a!.div(factors[0]),
    b!.div(factors[1]),
    d!.sub(scale.sum()),
  ]
  return {
    forward: ([a, b, d]) => scaled(a!, b!.add(shift(a!)), d!),
    inverse(y) {
      const [a, b, d] = unscaled(y)
      return [a, b.sub(shift(a)), d]
    },
    undo(y) {
      const [a, above, d] = unscaled(y).map((part) => part.stopGradient()) as [Tensor, Tensor, Tensor]
      const move = shift(a)
      const b = above.sub(move).stopGradient()
      return { inputs: [a, b, d], outputs: scaled(a, b.add(move), d), sources: tensorsOf(coupling) }
    },
  }
}
