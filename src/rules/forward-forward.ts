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

import { z } from 'zod'
import { UserError } from '../errors.js'
import { concat, grad, range, sizeOf, type Tensor } from '../graph/index.js'
import { flat } from '../nn/axes.js'
import { affine, type Dense, dense } from '../nn/dense.js'
import { GOODNESS } from '../nn/goodness.js'
import { FAN_RULES, type FanRule } from '../nn/initialize.js'
import { crossEntropy, PAIR_LOSSES } from '../nn/losses.js'
import { hardWrongLabel, hybridImages, smoothMasks, uniformWrongLabel } from '../nn/negatives.js'
import { hiddenLayers, type Layer, networkOptions } from '../nn/network.js'
import { NORMALIZATIONS } from '../nn/normalize.js'
import { adam, type Optimizer, sgd } from '../nn/optimizers.js'
import { FILTER_SCALE, filterImages } from '../nn/pictures.js'
import { SCHEDULE_NAMES, SCHEDULES } from '../nn/schedules.js'
import { leaves, type Tree } from '../nn/tree.js'
import type { Batch, Metrics, Rule, Step, Task } from './contract.js'
import { type FirstParameters, firstLayer, type Shown } from './first-layer.js'
import { type Cell, learnJointly, learnLayer, type Stack } from './layerwise.js'

const hyper = z.strictObject({
  ...networkOptions,
  network: networkOptions.network.default('dense'),
  units: networkOptions.units.default([500, 500]),
  kernel: networkOptions.kernel.default(3),
  poolAfter: networkOptions.poolAfter.default([]),
  loss: z
    .enum(['threshold', 'symba', 'swish'])
    .default('swish')
    .describe("Hinton's loss, SymBa's, or its swish variant"),
  theta: z
    .number()
    .optional()
    .describe('threshold; default 2 with the mean of squares, the number of units with the sum'),
  alpha: z.number().positive().default(20).describe('steepness of symba and swish (4 and 6 in public code; 20: ours)'),
  goodness: z.enum(['mean', 'sum']).default('mean').describe('mean or sum of the squared activities'),
  normalization: z.enum(['length', 'unit', 'layer']).default('length').describe('between layers'),
  imageNormalization: z
    .enum(['length', 'unit'])
    .default('length')
    .describe('of the image and its label: to the length sqrt(n), or to unit length, as in two re-implementations'),
  negatives: z
    .enum(['uniform', 'hard', 'hybrid'])
    .default('hard')
    .describe('wrong labels: any, those that the softmax head finds likely, or none: hybrids of two images'),
  labelStrength: z.number().positive().default(1).describe('amplitude of the label code'),
  sharedProduct: z.boolean().default(true).describe("compute the image's first product once for all labels"),
  predict: z.enum(['energy', 'softmax']).default('energy').describe('K passes and the goodness, or one and the head'),
  energyFrom: z.int().min(0).default(0).describe('the first layer (from 0) whose goodness counts in predictions'),
  optimizer: z.enum(['adam', 'sgd']).default('adam').describe('of the layers'),
  rate: z.number().positive().default(0.003).describe('step size of the layers'),
  momentum: z.number().min(0).max(1).default(0.9).describe('heavy-ball momentum of sgd'),
  weightDecay: z.number().min(0).default(0).describe('L2 with sgd, decoupled with adam'),
  schedule: z.enum(SCHEDULE_NAMES).default('linear').describe('of all step sizes'),
  peer: z.number().min(0).default(0).describe("strength of Hinton's peer normalisation (his 0.03 is 0.06 here)"),
  headRate: z.number().positive().default(0.01).describe('step size of the softmax head'),
  headWeightDecay: z.number().min(0).default(0).describe('weight decay of the softmax head'),
  initial: z
    .enum(Object.keys(FAN_RULES) as [FanRule, ...FanRule[]])
    .default('fan-in')
    .describe('standard deviation of the initial weights'),
})

export type ForwardForwardHyper = z.infer<typeof hyper>

type Parameters = FirstParameters

export type ForwardForwardState = Stack<Parameters> & {
  readonly head?: { readonly layer: Dense; readonly optimizer: Tree }
}

/** Whether predictions are the head's, and not the layers' goodness: hybrid images carry no label that could be tried. */
const saysByHead = ({ negatives, predict }: ForwardForwardHyper): boolean =>
  negatives === 'hybrid' || predict === 'softmax'

const hasHead = ({ negatives, predict }: ForwardForwardHyper): boolean =>
  negatives !== 'uniform' || predict === 'softmax'

const optimizerOf = (h: ForwardForwardHyper, weightDecay: number): Optimizer =>
  h.optimizer === 'adam' ? adam({ weightDecay }) : sgd({ momentum: h.momentum, weightDecay })

/** The layers of one network, and what a stack of parameters makes of images. */
function networkOf(task: Task, h: ForwardForwardHyper) {
  const first = firstLayer(h, task)
  const unlabelled = h.negatives === 'hybrid'
  const above = hiddenLayers(h, task.shape).slice(1)
  const layers: Layer[] = [unlabelled ? hiddenLayers(h, task.shape)[0]! : first.layer, ...above]
  const normalize = NORMALIZATIONS[h.normalization]

  const activity = (i: number, preactivation: Tensor): Tensor => layers[i]!.pool(preactivation.relu())
  /** W x + b of layer i on what the layer below put out; of the first one on the image as it is. */
  const preactivation = (i: number, p: Parameters, below: Tensor): Tensor => {
    const input = i === 0 ? NORMALIZATIONS[h.imageNormalization](below) : normalize(below)
    return layers[i]!.linear(p.weight, input, task.precision).add(layers[i]!.offset(p.bias))
  }
  const lowest = (p: Parameters, x: Tensor, shown: Shown): Tensor =>
    unlabelled
      ? preactivation(0, p, layers[0]!.inputShape.length === 1 ? flat(x) : x)
      : first.preactivation(p, x, shown, task.precision)
  /** The activities of all layers. */
  const activities = (parameters: readonly Parameters[], x: Tensor, shown: Shown): Tensor[] => {
    const all: Tensor[] = []
    for (const [i, p] of parameters.entries())
      all.push(activity(i, i === 0 ? lowest(p, x, shown) : preactivation(i, p, all[i - 1]!)))
    return all
  }
  // The head reads the normalised activities above the first hidden layer (of all, where there is but one).
  const headFrom = layers.length > 1 ? 1 : 0
  const headInput = (all: readonly Tensor[]): Tensor =>
    concat(
      all.slice(headFrom).map((y) => flat(normalize(y))),
      1,
    )
  return { first, unlabelled, layers, activity, preactivation, lowest, activities, headFrom, headInput, flat }
}

/** Layer i as a cell. Its input holds the positives in the first half of the rows, the negatives in the second. */
function cellOf(i: number, h: ForwardForwardHyper, net: ReturnType<typeof networkOf>, shown?: Shown): Cell<Parameters> {
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
  net: ReturnType<typeof networkOf>,
  { x, labels, random }: Batch,
  scores?: Tensor,
): { input: Tensor; shown?: Shown } {
  const n = x.shape[0]!
  if (h.negatives === 'hybrid') {
    const [channels, height, width] = task.shape
    const masks = smoothMasks(random.uniform('masks', [n, 1, height, width]))
    const flat = net.flat(x)
    const spread = masks
      .reshape([n, 1, -1])
      .broadcastTo([n, channels, height * width])
      .reshape(flat.shape)
    const both = concat([flat, hybridImages(flat, spread)], 0)
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
  presets: {
    quick: { description: 'the defaults, 4 epochs', hyper: {}, train: { epochs: 4 } },
    fast: {
      description:
        '784-500-500, 8 epochs: swish loss, hard negatives, Adam (settings ours, chosen on validation images)',
      hyper: {},
      train: { epochs: 8, batch: 250 },
    },
    accurate: {
      description: '784-1000-1000, 16 epochs: as fast, wider and longer (settings ours, chosen on validation images)',
      hyper: { units: [1000, 1000], rate: 0.002 },
      train: { epochs: 16, batch: 250 },
    },
    hinton: {
      description: "784-1000x3, 100 epochs: the released MATLAB code's settings (its rates halved: see the header)",
      hyper: {
        units: [1000, 1000, 1000],
        loss: 'threshold',
        goodness: 'sum',
        energyFrom: 1,
        optimizer: 'sgd',
        rate: 0.0005,
        // MATLAB takes 1e-5 w a step; half of that comes from the rate, which is halved.
        weightDecay: 0.002,
        schedule: 'linear-half',
        peer: 0.06,
        headRate: 0.01,
        headWeightDecay: 0.003,
      },
      train: { epochs: 100, batch: 100 },
    },
    loewe: {
      description:
        "784-1000x3, 100 epochs: loeweX's PyTorch version, its loss taken as a mean over both halves (rates halved and decay " +
        "doubled for it); its peer loss as Hinton's drive of the same strength",
      hyper: {
        units: [1000, 1000, 1000],
        loss: 'threshold',
        goodness: 'sum',
        negatives: 'uniform',
        predict: 'softmax',
        optimizer: 'sgd',
        rate: 0.0005,
        weightDecay: 0.0006,
        schedule: 'linear-half',
        // 0.03 times the slope of a mean of squares over 1000 units, through a mean of which a tenth is new; doubled as the rest.
        peer: 1.2e-5,
        headRate: 0.01,
        headWeightDecay: 0.003,
        initial: 'fan-out',
      },
      train: { epochs: 100, batch: 100 },
    },
    mpezeshki: {
      description:
        "784-500-500, 1000 steps a layer, one layer after the other: mpezeshki's version, but for its standardised pixels and " +
        'its negatives, which may show the true label; for data sets of 60,000 images',
      hyper: {
        loss: 'threshold',
        normalization: 'unit',
        imageNormalization: 'unit',
        negatives: 'uniform',
        rate: 0.03,
        schedule: 'constant',
        initial: 'fan-in',
      },
      train: { schedule: 'greedy', epochs: 1000, batch: 50_000, validation: 10_000 },
    },
    symba: {
      description: "784-500-500, 8 epochs: SymBa's loss with alpha 4 (rate ours)",
      hyper: { loss: 'symba', alpha: 4, rate: 0.01 },
      train: { epochs: 8, batch: 250 },
    },
    unsupervised: {
      description: 'four layers of 500, negatives are hybrids of two images, a softmax head reads the upper three',
      hyper: { units: [500, 500, 500, 500], negatives: 'hybrid', predict: 'softmax' },
      train: { epochs: 8, batch: 250 },
    },
    convolutional: {
      description: 'three 5x5 layers of 16, 32 and 32 channels, the label as a pattern in a channel of its own (ours)',
      hyper: {
        network: 'convolutional',
        units: [16, 32, 32],
        kernel: 5,
        poolAfter: [0, 1],
        normalization: 'layer',
        negatives: 'uniform',
        energyFrom: 1,
      },
      train: { epochs: 5, batch: 50 },
    },
  },

  locality(_, h) {
    const layers = h.units.map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] }))
    const head = hasHead(h) ? [{ name: 'softmax head', parameters: ['head.layer'] }] : []
    return { blocks: [...layers, ...head], promise: { local: true, window: 1 } }
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
