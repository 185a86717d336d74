import { UserError } from '../../errors.js'
import { constant, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import type { Random } from '../../nn/random.js'
import type { Undo } from '../../nn/reversible.js'
import type { Task } from '../contract.js'
import { type Coupling, type CouplingMap, mapOf, type Parts, rectifiers } from './coupling.js'
import type { NiceHyper } from './options.js'
import { cut, halvesOf, natural, type Order, regroup } from './orders.js'
import { PRIORS } from './priors.js'

/** Couplings from below, and what the data looked like at the start: [D] each, in the order of samples. */
export type FlowState = {
  readonly couplings: readonly Coupling[]
  readonly centre: Tensor
  /** A latent coordinate is what comes out of the couplings over this. */
  readonly unit: Tensor
}

/** Of each sample, [N], or their means. */
export type Density = {
  /** ln p(x), on [0, 1]^D where samples are quantised. */
  readonly nats: Tensor
  /** (ln levels - nats / D) / ln 2. */
  readonly bits: Tensor
}

type FlowTask = Pick<Task, 'input' | 'structure'>
type FlowHyper = Pick<NiceHyper, 'couplings' | 'split' | 'prior'>

/**
 * The flow of a task: pure functions of its state and of samples as rows [N, D]. Throws a UserError where a sample is
 * one number alone.
 */
export function flowOf({ input: { shape, levels }, structure }: FlowTask, h: FlowHyper, network = rectifiers) {
  const size = sizeOf(shape)
  if (size < 2) throw new UserError('a coupling needs samples of two numbers at least: choose another data set')
  const prior = PRIORS[h.prior]
  const orders = halvesOf(size, h, structure)
  const plain = natural(size)
  const orderOf = (k: number): Order => orders[k] ?? plain

  /** A vector [D] in the order of a coupling. */
  const inOrder = (vector: Tensor, order: Order): Tensor[] =>
    cut(vector.gather(constant(order.flat(), [size], 'int32')), order)
  const mapAt = ({ couplings, unit }: FlowState, k: number): CouplingMap =>
    mapOf(couplings[k]!, orders[k]!, inOrder(unit, orders[k]!)[1]!, network)
  /** From the order of one coupling to that of another; -1: that of samples. */
  const between = (from: number, to: number) => {
    const reordered = regroup(orderOf(from), orderOf(to))
    return (parts: Parts): Parts => [...reordered(parts.slice(0, -1)), parts.at(-1)!]
  }

  /** The parts after each coupling. */
  function after(state: FlowState, rows: Tensor, count = h.couplings): Parts[] {
    const all: Parts[] = []
    let parts: Parts = [rows.sub(state.centre), constant(0)]
    for (let k = 0; k < count; k++) {
      parts = mapAt(state, k).forward(between(k - 1, k)(parts))
      all.push(parts)
    }
    return all
  }

  return {
    size,
    orders,
    prior,
    after,

    /** Samples as rows: level v of L is (v + u) / L with uniform noise u; real numbers are as they are. */
    rows(x: Tensor, random: Random): Tensor {
      if (levels === undefined) return flat(x)
      const noise = random.uniform('grey', [x.shape[0]!, size])
      return flat(x)
        .mul(levels - 1)
        .add(noise)
        .mul(1 / levels)
    },

    /** What a batch shows of `rows`: their mean, and their deviation over the prior's; the noise is not drawn. */
    seen(x: Tensor): Pick<FlowState, 'centre' | 'unit'> {
      const [grey, offset] = levels === undefined ? [1, 0] : [(levels - 1) / levels, 0.5 / levels]
      const noise = levels === undefined ? 1e-6 : 1 / (12 * levels ** 2)
      const known = flat(x).mul(grey)
      const mean = known.mean(0)
      const deviation = known.sub(mean).square().mean(0).add(noise).sqrt()
      return { centre: mean.add(offset), unit: deviation.mul(1 / prior.deviation) }
    },

    /** ln p(x), [N], of the flow that ends with coupling `last`, from its parts there. */
    logLikelihood({ unit }: FlowState, parts: Parts, last = h.couplings - 1): Tensor {
      const units = inOrder(unit, orders[last]!)
      const [a, b] = units.map((own, i) => prior.logDensity(parts[i]!.div(own)).sum(1)) as [Tensor, Tensor]
      return a.add(b).add(parts.at(-1)!).sub(unit.log().sum())
    },

    density: (nats: Tensor): Density => ({
      nats,
      bits: nats
        .mul(-1 / size)
        .add(Math.log(levels ?? 1))
        .mul(1 / Math.LN2),
    }),

    /** The latent coordinates z of rows, in the order of samples. */
    latent: (state: FlowState, rows: Tensor): Tensor =>
      between(h.couplings - 1, -1)(after(state, rows).at(-1)!)[0]!.div(state.unit),

    /** The rows that have the latent coordinates z: one pass, exact. */
    inverse(state: FlowState, z: Tensor): Tensor {
      let parts = between(-1, h.couplings - 1)([z.mul(state.unit), constant(0)])
      for (let k = h.couplings - 1; k >= 0; k--) parts = between(k, k - 1)(mapAt(state, k).inverse(parts))
      return parts[0]!.add(state.centre)
    },

    /** The couplings and the changes of order between them, to be walked backwards from the parts at the end. */
    chain: (state: FlowState): { readonly undo: Undo; readonly coupling?: number }[] =>
      orders.flatMap((_, k) => {
        const own = { undo: mapAt(state, k).undo, coupling: k }
        if (k === 0) return [own]
        const undo: Undo = (parts) => {
          const inputs = between(k, k - 1)(parts)
          return { inputs, outputs: between(k - 1, k)(inputs), sources: [] }
        }
        return [{ undo }, own]
      }),
  }
}
