/**
 * Target propagation. Bengio 2014, "How Auto-Encoders Could Provide Credit Assignment in Deep Networks via Target
 * Propagation" (arXiv 1407.7906); Lee, Zhang, Fischer, Bengio 2015, "Difference Target Propagation" (1412.7525);
 * Meulemans et al. 2020, "A Theoretical Framework for Target Propagation" (2006.14331).
 *
 * Every hidden layer gets a target t_l and learns from it alone; what carries targets down is a learned inverse g_l of
 * the layer above:
 *   h_l = F_l(h_(l-1)) = tanh(W_l h_(l-1) + b_l),   g_l(v) = tanh(V_l v + c_l) from layer l down to layer l - 1
 *   layer l learns             || h_l - t_l ||^2 / 2
 *   plain:        t_(l-1) = g_l(t_l)                                    (collapses: kept to show it)
 *   difference:   t_(l-1) = h_(l-1) + g_l(t_l) - g_l(h_l)               (Lee)
 *   inverses learn             || g_l(F_l(v)) - v ||^2,  v = h_(l-1) + n, n ~ N(0, noise^2)
 *   drl:          difference targets; but v goes up to the top of the chain, and comes back down by the difference
 *                 formula as r; inverses learn || r - v ||^2 / noise^2 + lambda / 2 || V_l ||^2    (Meulemans)
 * Where the targets begin:
 *   gradient            t = h - step dCE/dh at the last hidden layer (Lee); this reads the output's weights backwards
 *   output              t = o - step dCE/do at the logits o, and an inverse of the output layer too (Meulemans)
 *   label-autoencoder   t = h + r(h, y) - r(h, p) at the last hidden layer, p the predicted probabilities and r a
 *                       denoising auto-encoder of h that also sees the label; in plain form t = r(h, y), which
 *                       collapses. Ours, after Bengio 2014, which gives the idea and no procedure. No weight is read
 *                       backwards and no derivative crosses a layer.
 * With align=sal the inverses also turn to the transposed forward weights, between epochs (`alignment.ts`).
 * The output layer learns its own cross-entropy. Of labels and values, `gradient` goes by their own loss in its place
 * (ours); the other two need one class. CE is that of one sample: the published steps, which divide by the
 * batch of 100, are 0.0033 (tanh), 0.28 (sign) and 0.58 (bernoulli) here.
 *
 * Hidden units: `tanh`; `sign`: only sign(h_l) goes up and into the inverse, targets are of the tanh value, the softmax
 * reads the last tanh values; `bernoulli`: probabilities h_l = sigmoid(...) of which samples go up, and the softmax
 * reads samples. Derivatives are F_l's own, inside its layer, and with `gradient` and `output` that of CE at the top.
 *
 * After: Lee's released scripts and Meulemans's released code. Deviations: Adam in place of Lee's own RMSprop, normal
 * initial weights in place of orthogonal and uniform ones; inverses and layers take turns batch by batch (Lee: epoch by
 * epoch, see `alternate`); predictions of bernoulli units pass means up (Lee averages a hundred sampled passes); the
 * output layer learns cross-entropy in drl too (Meulemans: its target, the same direction). Meulemans's code takes the
 * targets of a batch from inverses as they were before their update on it, and decays the biases of inverses too; here
 * the targets come from the updated inverses, and the damping is of the weights alone. Not built of that code: one or two
 * more epochs of the inverses alone after each epoch, and a step size of the layers that is divided by `step`.
 */

import { outputCount } from '../../data/dataset.js'
import { constant, oneHot, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import { bernoulli, sign } from '../../nn/discrete.js'
import { squaredError } from '../../nn/losses.js'
import { descend, descendEach, optimizerOf, stepSize } from '../../nn/optimizers.js'
import { filters } from '../../nn/pictures.js'
import type { Random } from '../../nn/random.js'
import { targetKind } from '../../targets/index.js'
import type { Batch, Block, Rule, Sight, Step, Task } from '../contract.js'
import { LEARN, PASS } from '../phases.js'
import { alignmentPhase } from '../spike-alignment/phase.js'
import { alignStep } from './alignment.js'
import { denoisingLoss, labelAutoencoder, reconstructCode } from './label-autoencoder.js'
import { hyper, presets, type TargetPropagationHyper } from './options.js'
import { AUTOENCODER, hasFeedback, inverseCount, inverseName, layerName } from './parts.js'
import { phasesOfStep, TARGETS } from './phases.js'
import type { TargetPropagationState } from './state.js'
import {
  type Chain,
  differenceReconstructionLoss,
  type LayerMap,
  propagateTargets,
  reconstructionLoss,
} from './targets.js'
import { type Pass, seenClasses, topTarget } from './top-target.js'

/** The maps of one network. */
function networkOf(task: Task, h: TargetPropagationHyper) {
  const last = h.units.length - 1
  const activation = (u: Tensor): Tensor => (h.hidden === 'bernoulli' ? u.sigmoid() : u.tanh())
  const binary = (v: Tensor): Tensor => (h.hidden === 'sign' ? sign(v) : v)
  /** What hidden layer i sends up; without random numbers the mean of it. */
  const sent = (i: number, v: Tensor, sample?: (v: Tensor, i: number) => Tensor): Tensor => {
    if (h.hidden === 'bernoulli') return sample ? sample(v, i) : v
    return i === last ? v : binary(v)
  }
  const layer = (i: number, p: Dense, below: Tensor): Tensor =>
    i > last ? affine(p, below) : activation(affine(p, below, task.precision))

  const pass = (layers: readonly Dense[], x: Tensor, sample?: (v: Tensor, i: number) => Tensor): Pass => {
    const activities: Tensor[] = []
    let below = flat(x)
    for (const [i, p] of layers.slice(0, -1).entries()) {
      activities.push(layer(i, p, below))
      below = sent(i, activities[i]!, sample).stopGradient()
    }
    return { activities, read: below, scores: affine(layers.at(-1)!, below) }
  }
  /** F from each layer's activity to the next one's, and the inverses. Both end at the layer where targets begin. */
  const chain = (
    { layers, inverses }: Pick<TargetPropagationState, 'layers' | 'inverses'>,
    sample?: (v: Tensor, i: number) => Tensor,
  ): Chain => ({
    up: inverses.map((_, i) => (v) => layer(i + 1, layers[i + 1]!, sent(i, v, sample))),
    down: inverses.map((p, i): LayerMap => {
      const code = i + 1 > last ? (v: Tensor) => v : binary
      return (v) => affine(p, code(v), task.precision).tanh()
    }),
  })
  return { pass, chain }
}

/** The image as the network sees it in training, and samplers of Bernoulli units by the name of their draw. */
function noisy({ x, random }: Batch, h: TargetPropagationHyper) {
  return {
    x: h.inputNoise === 0 ? x : x.add(random.normal('image', x.shape).mul(h.inputNoise)),
    sampler:
      (name: string) =>
      (v: Tensor, i: number): Tensor =>
        bernoulli(v, random.uniform(`layers.${i}.${name}`, v.shape)),
  }
}

/** Inverses and the label auto-encoder learn; the network stays as it is. */
function feedbackStep(task: Task, h: TargetPropagationHyper): Step<TargetPropagationState> {
  const net = networkOf(task, h)
  return (state, batch) => {
    const { x, sampler } = noisy(batch, h)
    const rate = stepSize({ ...h, rate: h.inverseRate }, batch.progress)
    const sigma = constant(h.noise).div(batch.progress.mul(h.noiseDecay).add(1))
    const { activities, scores } = net.pass(state.layers, x, sampler('sample'))
    const levels = h.topTarget === 'output' ? [...activities, scores] : activities
    const chain = net.chain(state, h.form === 'drl' ? undefined : sampler('corrupted'))
    const losses = state.inverses.map(({ weight }, i) => {
      const own = activities[i]!
      const v = own.add(batch.random.normal(`layers.${i}.noise`, own.shape).mul(sigma))
      if (h.form !== 'drl') return reconstructionLoss(v, chain.up[i]!, chain.down[i]!).mean()
      const loss = differenceReconstructionLoss(i, v, levels, chain).mean().div(sigma.square())
      const squares = weight.square().sum()
      return h.inverseDecay > 0 ? loss.add(squares.mul(h.inverseDecay / 2)) : loss
    })
    const [inverses, moments] = descendEach(optimizerOf(h), state.inverses, losses, state.optimizers.inverses, rate)
    const optimizers = { ...state.optimizers, inverses: moments }
    const blocks = Object.fromEntries(losses.map((loss, i) => [inverseName(i, h), { loss }]))
    const { autoencoder } = state
    if (!autoencoder) return [{ ...state, inverses, optimizers }, { blocks }]

    const code = activities.at(-1)!
    const noise = batch.random.normal('autoencoder', code.shape).mul(h.autoencoderNoise)
    const labels = oneHot(batch.target, seenClasses(task, h))
    const loss = denoisingLoss((v) => reconstructCode(autoencoder, v, labels), code, noise).mean()
    const [next, own] = descend(optimizerOf(h), autoencoder, loss, state.optimizers.autoencoder!, rate)
    return [
      { ...state, inverses, autoencoder: next, optimizers: { ...optimizers, autoencoder: own } },
      { blocks: { ...blocks, [AUTOENCODER]: { loss } } },
    ]
  }
}

/** The layers learn from their targets, the output layer from the labels; inverses stay as they are. */
function forwardStep(task: Task, h: TargetPropagationHyper): Step<TargetPropagationState> {
  const net = networkOf(task, h)
  return (state, batch) => {
    const { x, sampler } = noisy(batch, h)
    const pass = net.pass(state.layers, x, sampler('sample'))
    const levels = h.topTarget === 'output' ? [...pass.activities, pass.scores] : pass.activities
    const { down } = net.chain(state)
    const first = topTarget(pass, state, batch.target, task, h)
    const targets = propagateTargets(levels, first, down, h.form === 'plain' ? 'plain' : 'difference')

    const local = pass.activities.map((own, i) => squaredError(own, targets[i]!.stopGradient()).mean().mul(0.5))
    const kind = targetKind(task.target)
    const loss = kind.loss(pass.scores, batch.target).mean()
    const [rate, outputRate] = [h.rate, h.outputRate].map((own) => stepSize({ ...h, rate: own }, batch.progress))
    const rates = [...local.map(() => rate!), outputRate!]
    const { layers: moments } = state.optimizers
    const [layers, optimizers] = descendEach(optimizerOf(h), state.layers, [...local, loss], moments, rates)
    const blocks = local.map((own, i) => {
      const step = own.mul(2).div(pass.activities[i]!.square().sum(1).mean()).sqrt()
      return [layerName(i, h), { loss: own, step }]
    })
    return [
      { ...state, layers, optimizers: { ...state.optimizers, layers: optimizers } },
      { network: { loss, ...kind.metrics(pass.scores, batch.target) }, blocks: Object.fromEntries(blocks) },
    ]
  }
}

export const targetPropagation: Rule<TargetPropagationHyper, TargetPropagationState> = {
  id: 'target-propagation',
  short: ['tp', 'dtp'],
  title: 'Target propagation',
  summary: 'learned inverses carry a target down to every layer, in place of a derivative',
  paper: {
    authors: 'Lee, Zhang, Fischer, Bengio',
    year: 2015,
    title: 'Difference Target Propagation',
    arxiv: '1412.7525',
  },
  source: 'code',
  targets: ['class', 'labels', 'values'],
  reconstructed: [
    'the label auto-encoder as the first target: ours, after the idea in Bengio 2014',
    'its difference form, h + r(h, y) - r(h, p)',
  ],
  hyper,
  training: { epochs: 20, batch: 100 },
  presets,

  locality(_, h) {
    const blocks = [...h.units, 0].flatMap((_, i): Block[] => [
      ...(i === h.units.length && h.topTarget === 'label-autoencoder'
        ? [{ name: AUTOENCODER, parameters: ['autoencoder'] }]
        : []),
      { name: layerName(i, h), parameters: [`layers.${i}`] },
      ...(i > 0 && i <= inverseCount(h) ? [{ name: inverseName(i - 1, h), parameters: [`inverses.${i - 1}`] }] : []),
    ])
    return {
      blocks,
      promise: {
        local: false,
        window: 1,
        labels: [
          'loss',
          ...(inverseCount(h) > 0 ? (['weights'] as const) : []),
          ...(h.topTarget === 'label-autoencoder' ? (['input'] as const) : []),
        ],
        feedback: h.topTarget === 'gradient' ? 'forward weights' : 'other weights',
      },
    }
  },

  init(random: Random, task, h) {
    const sizes = [sizeOf(task.input.shape), ...h.units, outputCount(task.target)]
    const layers = sizes.slice(1).map((size, i) => dense(random, `layers.${i}`, sizes[i]!, size, h.initial))
    const inverses = Array.from({ length: inverseCount(h) }, (_, i) =>
      dense(random, `inverses.${i}`, sizes[i + 2]!, sizes[i + 1]!, h.initial),
    )
    const { init } = optimizerOf(h)
    const optimizers = { layers: layers.map(init), inverses: inverses.map(init) }
    if (h.topTarget !== 'label-autoencoder') return { layers, inverses, optimizers }
    const size = h.units.at(-1)!
    const autoencoder = labelAutoencoder(
      random,
      'autoencoder',
      size,
      seenClasses(task, h),
      h.autoencoderUnits,
      h.initial,
    )
    return { layers, inverses, autoencoder, optimizers: { ...optimizers, autoencoder: init(autoencoder) } }
  },

  steps: (task, h) => ({
    ...(hasFeedback(h) && { feedback: feedbackStep(task, h) }),
    ...(h.align === 'sal' && { align: alignStep(h, (i) => inverseName(i, h)) }),
    forward: forwardStep(task, h),
  }),

  schedule(epoch, _, h) {
    if (!hasFeedback(h)) return ['forward']
    if (epoch < h.pretraining) return ['feedback']
    if (h.alternate === 'batch') return ['feedback', 'forward']
    return [(epoch - h.pretraining) % 2 === 0 ? 'feedback' : 'forward']
  },

  phases: phasesOfStep,

  watch(state, batch, task, h) {
    const net = networkOf(task, h)
    const { x, sampler } = noisy(batch, h)
    const pass = net.pass(state.layers, x, sampler('sample'))
    const levels = h.topTarget === 'output' ? [...pass.activities, pass.scores] : pass.activities
    const first = topTarget(pass, state, batch.target, task, h)
    const targets = propagateTargets(levels, first, net.chain(state).down, h.form === 'plain' ? 'plain' : 'difference')
    const sights = [...pass.activities, pass.scores].map((own, i): [string, readonly Sight[]] => [
      layerName(i, h),
      [
        { phase: PASS, what: 'activity', values: own },
        ...(targets[i]
          ? [
              { phase: TARGETS, what: 'target', values: targets[i] },
              { phase: LEARN, what: 'error', values: targets[i].sub(own) },
            ]
          : []),
      ],
    ])
    return Object.fromEntries(sights)
  },

  between: (_, h) => alignmentPhase(h),

  probabilities: () => true,

  predict: (state, x, task, h) => ({ scores: networkOf(task, h).pass(state.layers, x).scores }),

  pictures: (task) => filters(task.input.shape, ({ layers }: TargetPropagationState) => layers[0]!.weight),
}
