/**
 * Forward-Forward: Hinton 2022, "The Forward-Forward Algorithm: Some Preliminary Investigations" (arXiv 2212.13345).
 *
 * Every layer has a goodness g = sum_j y_j^2 (or its mean) and learns to make it high on positive data, an image with
 * its true label, and low on negative data, the same image with a wrong one:
 *   L = softplus(theta - g_pos) + softplus(g_neg - theta).
 * The layer above sees y / (sqrt(mean y^2) + 1e-8), from which g cannot be read. No gradient crosses a layer.
 *
 * After: the released MATLAB code (threshold = number of units with the sum, peer normalisation, hard negatives drawn
 * from a softmax head that reads the normalised activities above the first hidden layer, smoothing 0.9) and public
 * re-implementations (mean of squares with theta 2; SymBa's loss on the gap, alpha 4; its swish variant).
 * Deviations: the loss's factor 2 against MATLAB's drive is kept (rates are halved in the preset); the neutral code is
 * the mean of all codes, which is MATLAB's ten times 0.1.
 * Convolutional networks: the label is a fixed +-1 pattern in a channel of its own: ours.
 */

import { UserError } from '../../errors.js'
import { concat, grad, range, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import { GOODNESS } from '../../nn/goodness.js'
import { crossEntropy, PAIR_LOSSES } from '../../nn/losses.js'
import { hardWrongLabel, hybridImages, smoothMasks, uniformWrongLabel } from '../../nn/negatives.js'
import { adam, type Optimizer, sgd } from '../../nn/optimizers.js'
import { FILTER_SCALE, filterImages } from '../../nn/pictures.js'
import { SCHEDULES } from '../../nn/schedules.js'
import { leaves, type Tree } from '../../nn/tree.js'
import type { Batch, Metrics, Rule, Step, Task } from '../contract.js'
import { type Cell, learnJointly, learnLayer, type Stack } from '../layerwise.js'
import type { FirstParameters, Shown } from './first-layer.js'
import { type ForwardForwardNetwork, networkOf } from './network.js'
import { type ForwardForwardHyper, hasHead, hyper, presets, saysByHead } from './options.js'

export type ForwardForwardState = Stack<FirstParameters> & {
  readonly head?: { readonly layer: Dense; readonly optimizer: Tree }
}

const optimizerOf = (h: ForwardForwardHyper, weightDecay: number): Optimizer =>
  h.optimizer === 'adam' ? adam({ weightDecay }) : sgd({ momentum: h.momentum, weightDecay })

/** Layer i as a cell. Its input holds the positives in the first half of the rows, the negatives in the second. */
function cellOf(i: number, h: ForwardForwardHyper, net: ForwardForwardNetwork, shown?: Shown): Cell<FirstParameters> {
  return {
    learn(p, buffers, input) {
      const preactivation = i === 0 && shown ? net.lowest(p, input, shown) : net.preactivation(i, p, input)
      const y = net.activity(i, preactivation)
      const half = y.shape[0]! / 2
      const goodness = GOODNESS[h.goodness](y)
      const [positive, negative] = [goodness.slice(0, 0, half), goodness.slice(0, half, 2 * half)]
      const theta = h.theta ?? (h.goodness === 'mean' ? 2 : y.size / y.shape[0]!)
      const own = PAIR_LOSSES[h.loss](positive, negative, { theta, alpha: h.alpha }).mean()
      const metrics = { separation: positive.greater(negative).cast('float32').mean() }
      if (h.peer === 0) return { output: y, loss: own, buffers, metrics }
      const peers = peerNormalization(preactivation.slice(0, 0, half), y.slice(0, 0, half), buffers, h.peer)
      return { output: y, loss: own.add(peers.loss), buffers: peers.buffers, metrics }
    },
  }
}

/**
 * Peer normalisation: units whose running mean activity m_j lies below that of the layer are driven up, those above
 * down, by strength * (mean(m) - m_j) on the pre-activation of every positive case; not gated, so that silent units
 * can come back. m <- 0.9 m + 0.1 batch mean.
 */
function peerNormalization(z: Tensor, y: Tensor, buffers: Tree, strength: number): { loss: Tensor; buffers: Tree } {
  const others = z.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
  const activityAxes = y.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
  const { mean: before } = buffers as { mean: Tensor }
  const mean = before.mul(0.9).add(y.mean(activityAxes).stopGradient().mul(0.1))
  const drive = mean.mean().sub(mean).mul(strength)
  const loss = z.mean(others).mul(drive.stopGradient()).sum().neg()
  return { loss, buffers: { mean } }
}

function headStep(
  h: ForwardForwardHyper,
  head: NonNullable<ForwardForwardState['head']>,
  input: Tensor,
  labels: Tensor,
  rate: Tensor,
): { head: NonNullable<ForwardForwardState['head']>; scores: Tensor; metrics: Metrics } {
  const scores = affine(head.layer, input.stopGradient())
  const loss = crossEntropy(scores, labels).mean()
  const gradients = grad(
    loss,
    leaves(head.layer).map(([, p]) => p),
  )
  const [layer, optimizer] = optimizerOf(h, h.headWeightDecay).update(head.layer, gradients, head.optimizer, rate)
  return { head: { layer, optimizer }, scores: scores.stopGradient(), metrics: { 'head.loss': loss } }
}

function jointStep(task: Task, h: ForwardForwardHyper): Step<ForwardForwardState> {
  const net = networkOf(task, h)
  return (state, batch) => {
    const factor = SCHEDULES[h.schedule](batch.progress)
    let headed: ReturnType<typeof headStep> | undefined
    if (state.head) {
      const neutral = net.headInput(net.activities(state.layers, batch.x, 'neutral'))
      headed = headStep(h, state.head, neutral, batch.labels, factor.mul(h.headRate))
    }
    const { input, shown } = contrast(task, h, net, batch, headed?.scores)
    const cells = state.layers.map((_, i) => cellOf(i, h, net, shown))
    const learned = learnJointly(cells, state, input, optimizerOf(h, h.weightDecay), factor.mul(h.rate))
    return [
      { ...learned.stack, ...(headed && { head: headed.head }) },
      { ...learned.metrics, ...headed?.metrics },
    ]
  }
}

/** Positives and negatives: the image with its label and with a wrong one, or the image and a hybrid of two. */
function contrast(
  task: Task,
  h: ForwardForwardHyper,
  net: ForwardForwardNetwork,
  { x, labels, random }: Batch,
  scores?: Tensor,
): { input: Tensor; shown?: Shown } {
  const n = x.shape[0]!
  if (h.negatives === 'hybrid') {
    const [channels, height, width] = task.shape
    const masks = smoothMasks(random.uniform('masks', [n, 1, height, width]))
    const pixels = flat(x)
    const spread = masks
      .reshape([n, 1, -1])
      .broadcastTo([n, channels, height * width])
      .reshape(pixels.shape)
    const both = concat([pixels, hybridImages(pixels, spread)], 0)
    return { input: net.layers[0]!.inputShape.length === 1 ? both : both.reshape([2 * n, ...task.shape]) }
  }
  const wrong =
    h.negatives === 'hard'
      ? hardWrongLabel(scores!, labels, random.uniform('negatives', [n, task.classes]))
      : uniformWrongLabel(labels, task.classes, random.uniform('negatives', [n]))
  return { input: x, shown: { labels: [labels, wrong] } }
}

/** Throws a UserError where layers cannot be trained one after the other. */
function refuseHead(h: ForwardForwardHyper): void {
  if (hasHead(h))
    throw new UserError(
      'greedy training of forward-forward needs negatives=uniform and predict=energy: the softmax head reads layers that do not exist yet',
      { exitCode: 2 },
    )
}

/** The activities of layer `layer - 1` for images with every label, [N, K, ...]: what greedy training keeps. */
function features(state: ForwardForwardState, x: Tensor, layer: number, task: Task, h: ForwardForwardHyper): Tensor {
  refuseHead(h)
  const below = networkOf(task, h).activities(state.layers.slice(0, layer), x, 'every').at(-1)!
  return below.reshape([x.shape[0]!, task.classes, ...below.shape.slice(1)])
}

function greedyStep(layer: number, task: Task, h: ForwardForwardHyper): Step<ForwardForwardState> {
  refuseHead(h)
  const net = networkOf(task, h)
  return (state, batch) => {
    const { classes } = task
    const rate = SCHEDULES[h.schedule](batch.progress).mul(h.rate)
    const n = batch.labels.shape[0]!
    const wrong = uniformWrongLabel(batch.labels, classes, batch.random.uniform('negatives', [n]))
    const labels = [batch.labels, wrong]
    let input = batch.x
    if (layer > 0) {
      const rows = batch.x.reshape([n * classes, ...batch.x.shape.slice(2)])
      input = concat(
        labels.map((l) => rows.gather(range(n).mul(classes).add(l))),
        0,
      )
    }
    const cell = cellOf(layer, h, net, layer === 0 ? { labels } : undefined)
    const learned = learnLayer(cell, layer, state, input, optimizerOf(h, h.weightDecay), rate)
    return [{ ...state, ...learned.stack }, learned.metrics]
  }
}

export const forwardForward: Rule<ForwardForwardHyper, ForwardForwardState> = {
  id: 'forward-forward',
  title: 'Forward-Forward',
  summary: 'each layer tells true images from false ones by its own goodness',
  paper: {
    authors: 'Hinton',
    year: 2022,
    title: 'The Forward-Forward Algorithm: Some Preliminary Investigations',
    arxiv: '2212.13345',
  },
  source: 'code',
  hyper,
  training: { epochs: 8, batch: 100 },
  presets,

  locality(_, h) {
    const layers = h.units.map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] }))
    const head = hasHead(h) ? [{ name: 'softmax head', parameters: ['head.layer'] }] : []
    return {
      blocks: [...layers, ...head],
      promise: {
        local: true,
        window: 1,
        labels: [h.negatives === 'hybrid' ? 'none' : 'input', ...(hasHead(h) ? (['loss'] as const) : [])],
        choice: h.negatives === 'hard',
      },
    }
  },

  init(random, task, h) {
    const net = networkOf(task, h)
    const layers = net.layers.map((layer, i) =>
      i === 0 && !net.unlabelled
        ? net.first.init(random, 'layers.0', h.initial)
        : layer.init(random, `layers.${i}`, h.initial),
    )
    const optimizer = optimizerOf(h, h.weightDecay)
    const stack = {
      layers,
      optimizers: layers.map((p) => optimizer.init(p)),
      buffers: layers.map((p) => (h.peer === 0 ? {} : { mean: p.bias.mul(0).add(0.5) })),
    }
    if (!hasHead(h)) return stack
    const inputs = net.layers.slice(net.headFrom).reduce((sum, { outputShape }) => sum + sizeOf(outputShape), 0)
    const layer = dense(random, 'head', inputs, task.classes, h.initial)
    return { ...stack, head: { layer, optimizer: optimizerOf(h, h.headWeightDecay).init(layer) } }
  },

  steps: (task, h) => ({ joint: jointStep(task, h) }),

  probabilities: saysByHead,

  predict(state, x, task, h) {
    const net = networkOf(task, h)
    if (saysByHead(h)) {
      const scores = affine(state.head!.layer, net.headInput(net.activities(state.layers, x, 'neutral')))
      return { scores, layers: {} }
    }
    const energies = net
      .activities(state.layers, x, 'every')
      .map((y) => GOODNESS[h.goodness](y).reshape([x.shape[0]!, task.classes]))
    if (h.energyFrom >= energies.length)
      throw new UserError(`energyFrom is ${h.energyFrom}, but the network has ${energies.length} layers`, {
        exitCode: 2,
      })
    const scores = energies.slice(h.energyFrom).reduce((sum, e) => sum.add(e))
    return { scores, layers: Object.fromEntries(energies.map((e, i) => [`layers.${i}`, e])) }
  },

  pictures: ({ shape }) => ({
    filters: {
      description: `weights of the first layer: ${FILTER_SCALE}`,
      columns: 10,
      draw: ({ layers }) => filterImages(layers[0]!.weight, shape, 100),
    },
  }),

  greedy: { layers: (_, h) => h.units.length, features, step: greedyStep },
}
