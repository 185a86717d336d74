/**
 * Equilibrium propagation: Scellier and Bengio 2017, "Equilibrium Propagation: Bridging the Gap between Energy-Based
 * Models and Backpropagation" (arXiv 1602.05179).
 *
 * A network with symmetric weights settles, its input x clamped, to a minimum s^0 of its energy
 *   E(s) = sum_i G(s_i) - Phi,  Phi = sum_k (s_{k-1} W_k + b_k) . s_k,  s_0 = x,
 * which is its prediction. A cost C then pulls its output: F = E + beta C has a minimum s^beta near s^0, and
 *   dC(s^0)/dtheta = d/dbeta dF/dtheta(s^beta) at beta = 0,
 * so that every connection learns from what its own two ends do, in two states:
 *   centred      dW_k = -(s+_{k-1}^T s+_k - s-_{k-1}^T s-_k) / (2 beta)    error O(beta^2), s+ and s- at +beta and -beta
 *   one-sided    the same of s+ and s^0, or of s^0 and s-, over beta       error O(beta)
 *   random sign  one of these two, drawn for each batch                     O(beta^2) in the mean
 *
 * Settling: even-odd sweeps, each layer moving to the exact minimum given the others, s_k = f(dPhi/ds_k) with f the
 * inverse of G' (Scellier et al. 2023, "Energy-based learning algorithms for analog computing", and its code).
 * Outputs:
 *   linear         s = a, C = |s - y|^2 / 2. Nudged (a + beta y) / (1 + beta): the exact minimum, where the code steps
 *                  from the old s; both have the same fixed points.
 *   logistic       s = f(a), nudged (f(a) + beta y) / (1 + beta): y pulls outside of f, as in the code of Ernoult et al.
 *                  2019. That is the exact minimum for C = D_G(y, s), the Bregman divergence of G, a quarter of the binary
 *                  cross-entropy, up to O(beta^2) in F: derived here. For linear units D_G is the squared error.
 *   cross-entropy  a softmax read-out o = s_L W + b outside of the dynamics, C = -ln softmax(o)_y. The last hidden layer
 *                  moves to f(a - beta (softmax(o) - y) W^T); W learns by dC/dW, its mean over the nudged states
 *                  (Laborieux et al. 2021).
 *
 * Values (ours): y is the standardised target, and the output linear, whose cost is half of their loss.
 *
 * Deviations: Ernoult's networks move all layers at once; the sweeps here reach the same fixed points in about half as
 * many steps, so that p-1h settles further than there; the released command also leaves the time step at 0.2. Its first
 * weights and biases are uniform with the deviation 0.58 / sqrt(n); p-1h here has 0.3 / sqrt(n) and biases of 0.
 * Contrasts are computed from s+ - s- (see contrast.ts). States start at 0 in every batch. Predictions take T1 sweeps
 * whatever the tolerance, so that an image's do not depend on the others of its batch. In 8 bits only the products with
 * the image are rounded: the dynamics must stay symmetric. Expected: MNIST with 512 hidden units about 2 % test error
 * (Ernoult et al., P-1h, as recalled by the specification).
 */

import { outputCount } from '../../data/dataset.js'
import { UsageError } from '../../errors.js'
import { concat, constant, oneHot, quantizedProduct, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { contrastOf, outerContrast } from '../../nn/contrast.js'
import type { Dense, Precision } from '../../nn/dense.js'
import { uniformWeights, zeros } from '../../nn/initialize.js'
import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import type { Tree } from '../../nn/tree.js'
import { targetKind } from '../../targets/index.js'
import type { Batch, Rule, Sight, Task } from '../contract.js'
import { classesOf } from '../task.js'
import { costOf, type Net, networkOf, nudged, readOutError, scoresOf } from './network.js'
import { type EquilibriumPropagationHyper, hyper, perLayer } from './options.js'
import { CONTRAST, FREE, NUDGED, phasesOfStep } from './phases.js'
import { picturesOf } from './pictures.js'
import { presets } from './presets.js'
import { energy, resting, type States, settle } from './settling.js'

export type EquilibriumPropagationState = {
  /** W_k, b_k from the input up; the last is the read-out where there is one. */
  readonly layers: readonly Dense[]
  readonly optimizers: readonly Tree[]
}

/** The states that an estimator compares, how far apart their nudges lie, and which of them were nudged. */
function phases(net: Net, free: States, y: Tensor, random: Batch['random'], h: EquilibriumPropagationHyper) {
  const at = (beta: Tensor): States => settle(nudged(net, y, beta), free, h.nudgedSweeps).states
  const beta = constant(h.beta)
  if (h.estimator === 'centred') {
    const [plus, minus] = [at(beta), at(beta.neg())]
    return { plus, minus, gap: beta.mul(2), pulled: [plus, minus] }
  }
  if (h.estimator === 'negative') {
    const minus = at(beta.neg())
    return { plus: free, minus, gap: beta, pulled: [minus] }
  }
  const heads = (): Tensor => random.uniform('sign', [1]).greaterEqual(0.5).reshape([])
  const gap = h.estimator === 'random-sign' ? heads().select(beta, beta.neg()) : beta
  const plus = at(gap)
  return { plus, minus: free, gap, pulled: [plus] }
}

/** x^T d. */
const ofInput = (x: Tensor, d: Tensor, precision: Precision): Tensor =>
  precision.bits === 8
    ? quantizedProduct(x, d, { transposeA: true }, precision.levels)
    : x.matmul(d, { transposeA: true })

/** The gradients of every layer's weights and biases, means over the batch. */
function gradients(
  net: Net,
  { plus, minus, gap, pulled }: ReturnType<typeof phases>,
  x: Tensor,
  y: Tensor,
  precision: Precision,
): [weight: Tensor, bias: Tensor][] {
  const rows = x.shape[0]!
  const factor = constant(-1 / rows).div(gap)
  const contrasts = plus.map((s, k) => contrastOf(s, minus[k]!, factor))
  const settled = contrasts.map((own, k): [Tensor, Tensor] => [
    k === 0 ? ofInput(x, own.difference, precision) : outerContrast(contrasts[k - 1]!, own),
    own.difference.sum(0),
  ])
  const { readOut } = net
  if (!readOut) return settled
  const tops = pulled.map((state) => state.at(-1)!)
  const targets = tops.map(() => y)
  const states = concat(tops, 0)
  const error = readOutError(readOut, states, concat(targets, 0)).mul(1 / states.shape[0]!)
  return [...settled, [states.matmul(error, { transposeA: true }), error.sum(0)]]
}

/** y: classes one-hot, values as they are. */
function wished(target: Tensor, task: Task, { output }: EquilibriumPropagationHyper): Tensor {
  if (task.target.kind !== 'values') return oneHot(target, classesOf(task))
  if (output === 'linear') return target
  throw new UsageError(`an output that is ${output} cannot say values: choose output=linear`)
}

const SATURATED = 0.01

/**
 * How far each layer was pulled (the root of the mean square), and the part of its hidden units that lies on the rim.
 */
function blockMetrics(
  states: States,
  other: States,
  h: EquilibriumPropagationHyper,
): Record<string, Record<string, Tensor>> {
  const rows = states.map((s, k): [string, Record<string, Tensor>] => {
    const pulled = other[k]!.sub(s).square().mean().sqrt()
    const inside = s.greater(SATURATED).and(s.less(1 - SATURATED))
    const saturated = constant(1).sub(inside.cast('float32').mean())
    return [blockName(k, h), { pulled, ...(k < h.units.length && { saturated }) }]
  })
  return Object.fromEntries(rows)
}

const blockName = (k: number, h: EquilibriumPropagationHyper): string =>
  k < h.units.length ? `layer ${k}` : h.output === 'cross-entropy' ? 'read-out' : 'output'

export const equilibriumPropagation: Rule<EquilibriumPropagationHyper, EquilibriumPropagationState> = {
  id: 'equilibrium-propagation',
  short: ['ep', 'eqprop'],
  title: 'Equilibrium propagation',
  summary: 'a symmetric network settles freely and under a pull on its output; each weight compares its two ends',
  paper: {
    authors: 'Scellier, Bengio',
    year: 2017,
    title: 'Equilibrium Propagation: Bridging the Gap between Energy-Based Models and Backpropagation',
    arxiv: '1602.05179',
  },
  source: 'code',
  targets: ['class', 'values'],
  reconstructed: [
    'the cost that a pull outside of logistic output units descends',
    'the initial weights of p-1h, and even-odd sweeps in place of its steps of all layers at once',
  ],
  hyper,
  training: { epochs: 15, batch: 100 },
  presets,

  locality: (_, h) => ({
    blocks: [...h.units, 0].map((_, k) => ({ name: blockName(k, h), parameters: [`layers.${k}`] })),
    promise: { local: false, window: 1, labels: ['loss'], feedback: 'forward weights' },
  }),

  init(random, task, h) {
    const widths = [sizeOf(task.input.shape), ...h.units, outputCount(task.target)]
    const gains = perLayer('gains', h)
    const layers = gains.map((gain, k) => ({
      weight: uniformWeights(random, `layers.${k}.weight`, [widths[k]!, widths[k + 1]!], h.initial).mul(gain),
      bias: zeros([widths[k + 1]!]),
    }))
    return { layers, optimizers: layers.map((layer) => optimizerOf(h).init(layer)) }
  },

  steps: (task, h) => ({
    joint({ layers, optimizers }, { x, target, progress, random }) {
      const net = networkOf(layers, x, task.precision, h)
      const y = wished(target, task, h)
      const { states: free, residual, sweeps } = settle(net.network, resting(net.network), h.freeSweeps, h.tolerance)
      const compared = phases(net, free, y, random, h)
      const gradient = gradients(net, compared, flat(x), y, task.precision)

      const learned = perLayer('rates', h).map((rate, k) =>
        optimizerOf(h).update(layers[k]!, gradient[k]!, optimizers[k]!, stepSize({ ...h, rate }, progress)),
      )
      return [
        { layers: learned.map(([layer]) => layer), optimizers: learned.map(([, own]) => own) },
        {
          network: {
            loss: costOf(net, free, target, y, h).mean(),
            ...targetKind(task.target).metrics(scoresOf(net, free), target),
            residual,
            ...(h.tolerance > 0 && { sweeps }),
          },
          blocks: blockMetrics(free, compared.pulled[0]!, h),
        },
      ]
    },
  }),

  phases: phasesOfStep,

  watch({ layers }, { x, target, random }, task, h) {
    const net = networkOf(layers, x, task.precision, h)
    const { states: free } = settle(net.network, resting(net.network), h.freeSweeps, h.tolerance)
    const { plus, minus } = phases(net, free, wished(target, task, h), random, h)
    const sights = free.map((s, k): [string, readonly Sight[]] => [
      blockName(k, h),
      [
        { phase: FREE, what: 'activity', values: s },
        { phase: NUDGED, what: 'activity', values: plus[k]! },
        { phase: CONTRAST, what: 'change', values: plus[k]!.sub(minus[k]!) },
      ],
    ])
    return Object.fromEntries(sights)
  },

  predict(state, x, task, h) {
    const net = networkOf(state.layers, x, task.precision, h)
    const { states } = settle(net.network, resting(net.network), h.freeSweeps)
    return { scores: scoresOf(net, states) }
  },

  /** The states that it settles to, and what a read-out says of them. */
  activities(state, x, task, h) {
    const net = networkOf(state.layers, x, task.precision, h)
    const { states } = settle(net.network, resting(net.network), h.freeSweeps)
    const all = net.readOut ? [...states, scoresOf(net, states)] : states
    return Object.fromEntries(all.map((s, k) => [blockName(k, h), s]))
  },

  figures: { energy: 'of the states that an image settles to in the free phase' },

  assess(state, { x }, task, h) {
    const { network } = networkOf(state.layers, x, task.precision, h)
    return { network: { energy: energy(network, settle(network, resting(network), h.freeSweeps).states) } }
  },

  pictures: picturesOf,
}
