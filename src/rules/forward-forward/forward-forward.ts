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
 * After Aktemur et al. 2024, "Going Forward-Forward in Distributed Deep Learning" (arXiv 2404.08573): negatives that the
 * network predicted most when the epoch began, or that are drawn once (`negatives`), and layers that learn from a softmax
 * head of their own (`objective=heads`). It has no code; the options and presets say what is reconstructed.
 * Convolutional networks: the label is a fixed +-1 pattern in a channel of its own: ours.
 */

import type { Labels as LabelsRead } from '../../certificate/certificate.js'
import { concat, oneHot, range, sizeOf, type Tensor } from '../../graph/index.js'
import { channelAxes } from '../../nn/axes.js'
import { GOODNESS } from '../../nn/goodness.js'
import { ones } from '../../nn/initialize.js'
import { pairLoss } from '../../nn/losses.js'
import { hardWrongLabel, likeliestWrongLabel, uniformWrongLabel } from '../../nn/negatives.js'
import { hiddenLayers } from '../../nn/network.js'
import { NORMALIZATIONS } from '../../nn/normalize.js'
import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import { filters } from '../../nn/pictures.js'
import type { Batch, Rule } from '../contract.js'
import type { Fed, LayerwiseDesign, LocalLayer, Stack } from '../layerwise/design.js'
import { type Given, layerwise, partsInUse } from '../layerwise/layerwise.js'
import { snapshotBefore } from '../layerwise/snapshot.js'
import { classesOf, imageShape } from '../task.js'
import { firstLayer, type Labels, type Weights } from './first-layer.js'
import { type HeadWeights, headOf } from './head.js'
import { type HeadedWeights, headedLayers } from './heads.js'
import { hybridImages, smoothMasks } from './hybrids.js'
import { type ForwardForwardHyper, hasHead, hyper, isAdaptive, saysByHead, warningsOf } from './options.js'
import { headedPhases, NEGATIVE, POSITIVE, pairedPhases } from './phases.js'
import { presets } from './presets.js'

/** Running mean activity of each unit, where peers are normalised. */
type Peers = { readonly mean?: Tensor }

/** Each layer hands W x + b to its loss, too. */
type FFLayer = LocalLayer<Weights, Peers, Labels, { output: Tensor; running: Peers; z: Tensor }>

export type ForwardForwardState = Stack<Weights | HeadedWeights, Peers, HeadWeights>

type Design = LayerwiseDesign<Weights | HeadedWeights, Peers, Labels, { output: Tensor; running?: Peers }, HeadWeights>

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
      sights: ({ output }) => [{ what: 'goodness', values: goodnessOf(output) }],
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

/** The true labels, and a wrong one for each. `scores`: what the head, or the network before this epoch, says. */
function pairOf({ task, hyper: h }: Given<ForwardForwardHyper>, { target, random }: Batch, scores?: Tensor): Tensor[] {
  const [n, classes] = [target.shape[0]!, classesOf(task)]
  if (h.negatives === 'hard')
    return [target, hardWrongLabel(scores!, target, random.uniform('negatives', [n, classes]))]
  if (h.negatives === 'adaptive')
    return [target, likeliestWrongLabel(scores!, target, random.uniform('negatives', [n, classes - 1]))]
  const per = h.negatives === 'fixed' ? 'sample' : 'step'
  return [target, uniformWrongLabel(target, classes, random.uniform('negatives', [n], per))]
}

/** Why layers cannot learn one after the other, by the kind of the negatives. */
const NOT_GREEDY: Readonly<Partial<Record<ForwardForwardHyper['negatives'], string>>> = {
  hard: 'it needs negatives=uniform or negatives=fixed, since hard ones come from a head that reads layers which do not exist yet',
  adaptive:
    'it needs negatives=uniform or negatives=fixed, since adaptive ones are what the whole network predicts, and its ' +
    'upper layers do not exist yet',
  hybrid: 'it needs negatives=uniform or negatives=fixed, since hybrids are made of two images',
}

function contrasting(given: Given<ForwardForwardHyper>): Design {
  const { task, hyper: h } = given
  const [, height, width] = imageShape(task)
  const classes = classesOf(task)
  const layers = layersOf(given)
  const isHybrid = h.negatives === 'hybrid'
  return {
    layers,
    ...(hasHead(h) && { head: headOf(given) }),
    promise: {
      labels: [isHybrid ? 'none' : 'input', ...(hasHead(h) ? ['loss' as const] : [])] satisfies LabelsRead[],
      // What the only layer learns from is chosen by itself, unless a head chooses.
      choice: h.negatives === 'hard' || (isAdaptive(h) && (hasHead(h) || layers.length > 1)),
    },
    optimizer: optimizerOf(h),
    rate: (progress: Tensor): Tensor => stepSize(h, progress),
    keepsSnapshot: isAdaptive(h),
    prediction: saysByHead(h) ? ('head' as const) : { sumFrom: h.energyFrom },
    sets: [POSITIVE, NEGATIVE],
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
    greedy: NOT_GREEDY[h.negatives] ?? {
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
    },
  }
}

/** Without negatives: each layer learns from a softmax head of its own. */
const classifying = (given: Given<ForwardForwardHyper>): Design => ({
  layers: headedLayers(given),
  promise: { labels: ['loss'] },
  optimizer: optimizerOf(given.hyper),
  rate: (progress) => stepSize(given.hyper, progress),
  prediction: { sumFrom: given.hyper.energyFrom },
})

const design = (given: Given<ForwardForwardHyper>): Design =>
  given.hyper.objective === 'heads' ? classifying(given) : contrasting(given)

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
  warnings: (_, h) => warningsOf(h),
  ...layerwise(design),
  between: (epoch, h) => (isAdaptive(h) ? snapshotBefore(epoch) : []),
  probabilities: saysByHead,
  scoreName: (h) => (saysByHead(h) ? 'score' : 'goodness'),
  phases: (h) => (h.objective === 'heads' ? headedPhases : pairedPhases(h)),
  pictures: (task) => filters(task.input.shape, ({ layers }: ForwardForwardState) => layers[0]!.weight),
  labelled: (task, h) =>
    h.objective === 'heads' || h.negatives === 'hybrid'
      ? undefined
      : {
          ...firstLayer(task, h).shown,
          goodness: (state, x) => partsInUse(contrasting({ task, hyper: h }), state, x),
        },
}
