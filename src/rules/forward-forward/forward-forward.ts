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
 * the mean of all codes, which is MATLAB's ten times 0.1. Those of each preset are in its description.
 * Convolutional networks: the label is a fixed +-1 pattern in a channel of its own: ours.
 */

import type { Labels as LabelsRead } from '../../certificate/certificate.js'
import { concat, constant, oneHot, range, sizeOf, type Tensor } from '../../graph/index.js'
import { channelAxes, flat } from '../../nn/axes.js'
import { dense } from '../../nn/dense.js'
import { GOODNESS } from '../../nn/goodness.js'
import { ones, zeros } from '../../nn/initialize.js'
import { crossEntropy, pairLoss } from '../../nn/losses.js'
import { hardWrongLabel, uniformWrongLabel } from '../../nn/negatives.js'
import { hiddenLayers } from '../../nn/network.js'
import { NORMALIZATIONS } from '../../nn/normalize.js'
import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import { filters } from '../../nn/pictures.js'
import type { Batch, Rule } from '../contract.js'
import type { Fed, Head, LocalLayer, Stack } from '../layerwise/design.js'
import { type Given, layerwise } from '../layerwise/layerwise.js'
import { classesOf, imageShape } from '../task.js'
import { firstLayer, type Weights } from './first-layer.js'
import { hybridImages, smoothMasks } from './hybrids.js'
import { type ForwardForwardHyper, hasHead, hyper, presets, saysByHead } from './options.js'

/** Running mean activity of each unit, where peers are normalised. */
type Peers = { readonly mean?: Tensor }

/** What the lowest layer is given beside its images, [sets, N or 1, K]: see `firstLayer`. Absent with hybrids. */
type Labels = Tensor | undefined

/** Each layer hands W x + b to its loss, too. */
type FFLayer = LocalLayer<Weights, Peers, Labels, { output: Tensor; running: Peers; z: Tensor }>

/** The softmax head; without a bias where it starts at zero. */
type HeadWeights = { readonly weight: Tensor; readonly bias?: Tensor }

export type ForwardForwardState = Stack<Weights, Peers, HeadWeights>

/** The first half of the rows; the other half are negatives. */
const positives = (y: Tensor): Tensor => y.slice(0, 0, y.shape[0]! / 2)

function layersOf({ task, hyper: h }: Given<ForwardForwardHyper>): FFLayer[] {
  const first = firstLayer(task, h)
  const isLabelled = h.negatives !== 'hybrid'
  const goodnessOf = GOODNESS[h.goodness]
  return hiddenLayers(h, task.input.shape).map((hidden, i): FFLayer => {
    const isFirst = i === 0 && isLabelled
    const layer = isFirst ? first.layer : hidden
    const normalize = NORMALIZATIONS[i === 0 ? h.imageNormalization : h.normalization]
    const units = sizeOf(layer.outputShape)
    const theta = h.theta ?? (h.goodness === 'mean' ? 2 : units)
    return {
      init: (random, name) => (isFirst ? first.init(random, name) : layer.init(random, name, h.initial)),
      running: h.peer === 0 ? {} : { mean: ones([h.units[i]!]).mul(0.5) },
      forward(p, x, { training, running, given: labels }) {
        const z = isFirst
          ? first.preactivation(p, x, labels!)
          : layer.linear(p.weight, normalize(x), task.precision).add(layer.offset(p.bias))
        const output = layer.pool(z.relu())
        const moved = (mean: Tensor): Tensor => {
          const now = positives(output).mean(channelAxes(output)).stopGradient()
          return mean.mul(0.9).add(now.mul(0.1))
        }
        return { output, running: training && running.mean ? { mean: moved(running.mean) } : running, z }
      },
      loss({ output, made: { z, running } }) {
        const { loss, metrics } = pairLoss(h.loss, goodnessOf(output), { theta, alpha: h.alpha })
        return { loss: running.mean ? loss.add(peerLoss(positives(z), running.mean, h.peer)) : loss, metrics }
      },
      scores: (_, output) =>
        goodnessOf(output)
          .reshape([classesOf(task), -1])
          .transpose(),
    }
  })
}

/**
 * Peer normalisation: units whose running mean activity m_j lies below that of the layer are driven up, those above
 * down, by strength * (mean(m) - m_j) on the pre-activation of every positive case; not gated, so that silent units
 * can come back. m <- 0.9 m + 0.1 batch mean.
 */
const peerLoss = (z: Tensor, mean: Tensor, strength: number): Tensor =>
  z.mean(channelAxes(z)).mul(mean.mean().sub(mean).mul(strength)).sum().neg()

/** A softmax of the normalised activities above the first hidden layer (of the only one), the label being neutral. */
function headOf({ task, hyper: h }: Given<ForwardForwardHyper>, layers: number): Head<HeadWeights, Labels> {
  const classes = classesOf(task)
  const from = layers > 1 ? 1 : 0
  const sizes = hiddenLayers(h, task.input.shape).map(({ outputShape }) => sizeOf(outputShape))
  const inputs = sizes.slice(from).reduce((a, b) => a + b)
  const scores = ({ weight, bias }: HeadWeights, input: Tensor): Tensor => {
    const product = input.matmul(weight)
    return bias ? product.add(bias) : product
  }
  return {
    name: 'softmax head',
    init: (random, name) =>
      h.headInitial === 'zero' ? { weight: zeros([inputs, classes]) } : dense(random, name, inputs, classes, h.initial),
    input: (x) => ({ x, given: constant(1 / classes).broadcastTo([1, 1, classes]) }),
    read: ({ outputs }) =>
      concat(
        outputs.slice(from).map((y) => flat(NORMALIZATIONS[h.normalization](y))),
        1,
      ),
    loss: ({ parameters, input, batch }) => crossEntropy(scores(parameters, input), batch.target).mean(),
    predict: (parameters, input) => ({ scores: scores(parameters, input) }),
    optimizer: optimizerOf({ ...h, weightDecay: h.headWeightDecay }),
    rate: (progress) => stepSize({ ...h, rate: h.headRate }, progress),
  }
}

/** The true labels and wrong ones: any, or those that the head finds likely. */
function pairOf({ task, hyper: h }: Given<ForwardForwardHyper>, { target, random }: Batch, scores?: Tensor): Tensor[] {
  const [n, classes] = [target.shape[0]!, classesOf(task)]
  return [
    target,
    h.negatives === 'hard'
      ? hardWrongLabel(scores!, target, random.uniform('negatives', [n, classes]))
      : uniformWrongLabel(target, classes, random.uniform('negatives', [n])),
  ]
}

const design = (given: Given<ForwardForwardHyper>) => {
  const { task, hyper: h } = given
  const [, height, width] = imageShape(task)
  const classes = classesOf(task)
  const layers = layersOf(given)
  const isHybrid = h.negatives === 'hybrid'
  return {
    layers,
    ...(hasHead(h) && { head: headOf(given, layers.length) }),
    promise: {
      labels: [isHybrid ? 'none' : 'input', ...(hasHead(h) ? ['loss' as const] : [])] satisfies LabelsRead[],
      choice: h.negatives === 'hard',
    },
    optimizer: optimizerOf(h),
    rate: (progress: Tensor): Tensor => stepSize(h, progress),
    prediction: saysByHead(h) ? ('head' as const) : { sumFrom: h.energyFrom },
    input: {
      /** Positives and negatives: the image with its label and with a wrong one, or the image and a hybrid of two. */
      training(batch: Batch, { scores }: { readonly scores?: Tensor }): Fed<Labels> {
        const { x, random } = batch
        if (isHybrid) {
          const masks = smoothMasks(random.uniform('masks', [x.shape[0]!, 1, height, width]))
          return { x: concat([x, hybridImages(x, masks)], 0) }
        }
        const codes = pairOf(given, batch, scores).map((labels) => oneHot(labels, classes).reshape([1, -1, classes]))
        return { x, given: concat(codes, 0) }
      },
      /** With every label. */
      use: (x: Tensor): Fed<Labels> =>
        isHybrid ? { x } : { x, given: oneHot(range(classes), classes).reshape([classes, 1, classes]) },
    },
    greedy:
      h.negatives === 'uniform'
        ? {
            /** The activities with every label: set after set to [N, K, ...]. */
            keep: (output: Tensor, samples: number): Tensor => {
              const sets = output.reshape([classes, samples, ...output.shape.slice(1)])
              return sets.transpose([1, 0, ...output.shape.slice(1).map((_, i) => i + 2)])
            },
            training(batch: Batch): Fed<Labels> {
              const rows = batch.x.reshape([-1, ...batch.x.shape.slice(2)])
              const first = range(batch.x.shape[0]!).mul(classes)
              const pair = pairOf(given, batch).map((labels) => rows.gather(first.add(labels)))
              return { x: concat(pair, 0) }
            },
          }
        : 'it needs negatives=uniform, since hard ones come from a head that reads layers which do not exist yet, and ' +
          'hybrids are made of two images',
  }
}

export const forwardForward: Rule<ForwardForwardHyper, ForwardForwardState> = {
  id: 'forward-forward',
  short: ['ff'],
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
  ...layerwise(design),
  probabilities: saysByHead,
  scoreName: (h) => (saysByHead(h) ? 'score' : 'goodness'),
  pictures: (task) => filters(task.input.shape, ({ layers }: ForwardForwardState) => layers[0]!.weight),
}
