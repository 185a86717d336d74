/**
 * Predictive coding with multipliers (PC-ALM): Seely and Gould 2026, "Augmented Lagrangian predictive coding" (arXiv
 * 2605.31022), and predictive coding without them: Rao and Ballard 1999; Whittington and Bogacz 2017.
 *
 * Each hidden layer l predicts its own activities z_l from those below it; c_l is by how much they differ. The network
 * on images x with one-hot classes y, in the scaling of muPC (of the JPC library; `architecture=residual`):
 *   z_1 = s_1 x W_1,   z_l = z_{l-1} + s_l phi(z_{l-1}) W_l,   o = s_L phi(z_{L-1}) W_L,   loss |o - y|^2 / 2,
 *   s_1 = 1 / sqrt(D), s_l = 1 / sqrt(N L), s_L = 1 / N, all W ~ N(0, 1), no biases.
 * The activities of each image descend the augmented Lagrangian, in its form of complete squares,
 *   E(z, lambda) = |o - y|^2 / 2 + rho / 2 sum_l |c_l + lambda_l / rho|^2,   u_l = rho c_l + lambda_l,
 *   z_l <- z_l - eta (u_l - J_{l+1}^T u_{l+1}),  u_L = y - o;   lambda_l <- lambda_l + alpha c_l   (alpha 0: PC),
 * from the forward pass and lambda = 0, T = 2 L times. J_{l+1} is the derivative of what layer l + 1 predicts. Then
 * each layer's weights learn from its own two ends:
 *   dW_l = -(s_l / B) phi(z_{l-1})^T u_l.
 * Where PC-ALM comes to rest, every c_l is 0 and lambda_l is -dloss/dz_l, so that dW_l is backpropagation's; there PC has
 * another direction, the more so the deeper the net. Credit goes down sqrt(alpha eta) layers a turn, and
 * eta lambda_max (2 + alpha / rho) < 4 keeps it stable.
 *
 * The layers of equal width are one stack, so that a turn is two batched products whatever the depth. eta is `stepSize`
 * over lambda_max, the largest curvature of E at the start, by power iteration on the first batch, and stays as it is; the
 * authors freeze 1 / lambda_max, the median over seeds, for each cell. A `reverse` sweep is Gauss-Seidel from the output
 * down.
 *
 * Deviations: the early stop, the plain network and its scaling are ours. `method=backprop` is the yardstick: the
 * same network, first weights, loss and optimiser, and the chain rule. In 8 bits only the products with the image are
 * rounded. Weight transport remains: W^T carries what comes down.
 */

import { constant, grad, oneHot, sizeOf, type Tensor } from '../../graph/index.js'
import { accuracy, squaredError } from '../../nn/losses.js'
import { stepSize } from '../../nn/optimizers.js'
import type { Tree } from '../../nn/tree.js'
import type { Block, Rule, Sight, Task } from '../contract.js'
import { LEARN, PASS } from '../phases.js'
import { classesOf } from '../task.js'
import { largestCurvature } from './curvature.js'
import { constraints, initialWeights, type Network, networkOf, outputOf, upwards, type Weights } from './network.js'
import { hyper, optimizerOf, type PredictiveCodingHyper, rateOf, relaxationOf } from './options.js'
import { pictures } from './pictures.js'
import { afterDual, drives, energy, relax } from './relaxation.js'

export type PredictiveCodingState = {
  readonly weights: Weights
  readonly optimizer: Tree
  /** eta, a scalar; backpropagation has none. */
  readonly eta?: Tensor
}

const RELAX = 'relaxing'

const netOf = ({ weights }: PredictiveCodingState, x: Tensor, task: Task, h: PredictiveCodingHyper): Network =>
  networkOf(weights, x, task.precision, h)

/** The loss of each image, [B], of the activities of the forward pass. */
const lossOf = (output: Tensor, y: Tensor): Tensor => squaredError(output, y).mul(0.5)

/** What the weights learn by, the mean over the batch: E where the relaxation ended. Its figures come with it. */
function settledEnergy(net: Network, z: Tensor, y: Tensor, eta: Tensor, h: PredictiveCodingHyper) {
  const r = relaxationOf(h)
  const { residual, turns, ...point } = relax(net, z.stopGradient(), y, eta, r)
  const end = h.gradient === 'post-dual' ? afterDual(net, point, r.alpha) : point
  const still = { z: end.z.stopGradient(), lambda: end.lambda?.stopGradient() }
  const own = energy(net, still, y, h.rho).mean()
  return { energy: own, figures: { energy: own, residual, ...(h.tolerance > 0 && { turns }) } }
}

/** Every layer is a block of its own; the layers of equal width are slices of one tensor. */
function blocks({ depth }: PredictiveCodingHyper): Block[] {
  const middle = Array.from({ length: depth - 2 }, (_, i) => ({
    name: `layer ${i + 1}`,
    parameters: [{ path: 'weights.middle', index: i }],
  }))
  return [
    { name: 'layer 0', parameters: ['weights.first'] },
    ...middle,
    { name: 'output', parameters: ['weights.last'] },
  ]
}

export const predictiveCoding: Rule<PredictiveCodingHyper, PredictiveCodingState> = {
  id: 'predictive-coding',
  title: 'Predictive coding',
  summary: 'activities settle until each layer is what the one below predicts; multipliers carry the credit down',
  paper: { authors: 'Seely, Gould', year: 2026, title: 'Augmented Lagrangian predictive coding', arxiv: '2605.31022' },
  source: 'code',
  reconstructed: [
    'the reverse sweep, of which a third-party study reports figures alone',
    'the scale of the pixels, which lie in [0, 1] here',
  ],
  hyper,
  training: { epochs: 1, batch: 64 },
  presets: {
    quick: {
      description: 'PC-ALM with 6 layers of 64 units (settings ours)',
      hyper: { depth: 6, width: 64, rate: 0.01, schedule: 'linear' },
      train: { epochs: 4, batch: 50 },
    },
    'fashion-mnist': {
      description: "32 layers of 32 rectifiers, one epoch: the authors' cell, with step sizes of ours",
      hyper: { alpha: 18, stepSize: 0.1, rate: 0.032, schedule: 'linear' },
      train: { epochs: 1, batch: 64 },
    },
  },
  small: { hyper: { depth: 5, width: 6 } },

  locality: (_, h) => ({
    blocks: blocks(h),
    promise:
      h.method === 'backprop'
        ? { local: false, window: 'all', labels: ['loss'] }
        : { local: false, window: 1, labels: ['loss'], feedback: 'forward weights' },
  }),

  init(random, task, h, sample) {
    const weights = initialWeights(random, sizeOf(task.input.shape), h, classesOf(task))
    const state = { weights, optimizer: optimizerOf(h).init(weights) }
    if (h.method === 'backprop') return state
    const largest = largestCurvature(netOf(state, sample.x, task, h), random, h.rho)
    return { ...state, eta: constant(h.stepSize).div(largest) }
  },

  steps: (task, h) => ({
    joint(state, { x, target, progress }) {
      const { weights, optimizer, eta } = state
      const net = netOf(state, x, task, h)
      const y = oneHot(target, classesOf(task))
      const z = upwards(net)
      const output = outputOf(net, z)
      const loss = lossOf(output, y).mean()
      const settled = eta && settledEnergy(net, z, y, eta, h)
      const gradients = grad(settled?.energy ?? loss, [weights.first, weights.middle, weights.last])
      const rate = stepSize({ ...h, rate: rateOf(h) }, progress)
      const [next, own] = optimizerOf(h).update(weights, gradients, optimizer, rate)
      return [
        { ...state, weights: next, optimizer: own },
        { network: { loss, accuracy: accuracy(output, target), ...settled?.figures } },
      ]
    },
  }),

  pictures,

  phases: (h) =>
    h.method === 'backprop'
      ? [
          { name: PASS, says: 'A batch goes up through the layers.', ways: ['input'] },
          { name: RELAX, says: 'The derivative of the loss goes down from layer to layer.', ways: ['derivative'] },
          { name: LEARN, says: 'Every layer changes its weights by that.', ways: ['label'], learns: true },
        ]
      : [
          { name: PASS, says: 'A batch goes up: every layer is just what the one below predicts.', ways: ['input'] },
          {
            name: RELAX,
            says: `The output is pulled to the label and the activities settle; what is not as predicted is a residual${relaxationOf(h).alpha > 0 ? ', and multipliers remember it' : ''}.`,
            ways: ['input', 'label', 'feedback'],
          },
          {
            name: LEARN,
            says: 'Each layer changes its weights by its own residual.',
            ways: [],
            learns: true,
          },
        ],

  watch(state, { x, target }, task, h) {
    const net = netOf(state, x, task, h)
    const z = upwards(net)
    const names = blocks(h).map(({ name }) => name)
    const list = (all: Tensor, phase: string, what: string) =>
      names.slice(0, -1).map((_, i) => ({ phase, what, values: all.slice(0, i, i + 1).reshape(all.shape.slice(1)) }))
    const each: (readonly Sight[])[] = [list(z, PASS, 'activity')]
    if (state.eta) {
      const y = oneHot(target, classesOf(task))
      const r = relaxationOf(h)
      const settled = relax(net, z, y, state.eta, r)
      each.push(list(settled.z, RELAX, 'activity'))
      if (settled.lambda) each.push(list(settled.lambda, RELAX, 'multiplier'))
      each.push(list(drives(constraints(net, settled.z), settled.lambda, r.rho), LEARN, 'residual'))
    }
    const output = { phase: PASS, what: 'activity', values: outputOf(net, z) }
    return Object.fromEntries(
      names.map((name, i) => [name, i === names.length - 1 ? [output] : each.map((own) => own[i]!)]),
    )
  },

  predict(state, x, task, h) {
    const net = netOf(state, x, task, h)
    return { scores: outputOf(net, upwards(net)) }
  },

  /** Of the forward pass, as a prediction has them. */
  activities(state, x, task, h) {
    const net = netOf(state, x, task, h)
    const z = upwards(net)
    const hidden = Array.from({ length: z.shape[0]! }, (_, l) => z.slice(0, l, l + 1).reshape(z.shape.slice(1)))
    return Object.fromEntries([...hidden, outputOf(net, z)].map((own, l) => [blocks(h)[l]!.name, own]))
  },
}
