/**
 * Covariance goodness, after BiCovG (Jiang, Al-Hashimi, Xu 2026), of which neither the equations nor the code are known:
 * *reconstructed* from the abstract on the layers of ASGE (Gong, Staszewski, Xu 2025).
 *
 *   layer l    y = relu(W * x + b),   x = what came up, plus P x where it comes from another window, P = 0 at the start
 *   goodness   G = [ energies | energies of projected channels | energies of cells ], see `energiesOf`
 *   logits     a = tau G R + c,  R ~ N(0, 1/n) fixed, tau and c learned (ASGE's c is fixed and random)
 *   loss       cross-entropy of a; its gradient stops where the window begins
 *   upward     y, average-pooled where it says so, divided by its root mean square over the sample
 *   fusion     softmax(v) weighs the log-probabilities of the layers; v learns from the cross-entropy of the sum
 *
 * From ASGE: the fixed read-out of squared activities and the division. Standardised groups, R of deviation 1/sqrt(n)
 * and tau are ours: as printed, softmax starts in saturation. So are whitened patches and Muon.
 */

import { averagePool2d, concat, constant, logSoftmax, softmax, type Tensor } from '../../graph/index.js'
import { convolved } from '../../nn/convolution.js'
import { energiesOf } from '../../nn/energies.js'
import { normalWeights, zeros } from '../../nn/initialize.js'
import { accuracy, crossEntropy } from '../../nn/losses.js'
import { hiddenLayers } from '../../nn/network.js'
import { rootMeanSquared } from '../../nn/normalize.js'
import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import { type InputScale, inputScale, prepared, whitenedShape } from '../../nn/whitening.js'
import type { Rule, Task } from '../contract.js'
import type { Head, LocalLayer, Stack } from '../layerwise/design.js'
import { type Given, layerwise } from '../layerwise/layerwise.js'
import { classesOf, fixedNormals, imageShape } from '../task.js'
import { type CovarianceHyper, hyper, presets } from './options.js'

type Weights = {
  readonly weight: Tensor
  readonly bias: Tensor
  /** Of what comes from another window: [C, C]. */
  readonly alignment?: Tensor
  /** Of layers with a loss: learned projections [R, C]; the scale of the logits, their offset, a learned read-out. */
  readonly goodness?: {
    readonly projections?: Tensor
    readonly temperature: Tensor
    readonly offset: Tensor
    readonly reading?: Tensor
  }
}

type Running = { readonly input?: InputScale }
type Made = { output: Tensor; running: Running; logits?: Tensor }
type Fusion = { readonly v: Tensor }

const projectionsOf = (channels: number, h: CovarianceHyper): number =>
  h.channel === 'none' ? 0 : Math.max(1, Math.round(channels * h.projections))

const hasLoss = (i: number, h: CovarianceHyper): boolean => (i + 1) % h.window === 0

function layersOf(task: Task, h: CovarianceHyper): LocalLayer<Weights, Running, unknown, Made>[] {
  const classes = classesOf(task)
  const read = h.whiten ? whitenedShape(imageShape(task)) : imageShape(task)
  return hiddenLayers({ ...h, network: 'convolutional', kernel: 3 }, read).map((layer, i) => {
    const [inputs, ...sides] = layer.inputShape as [number, number, number]
    const units = h.units[i]!
    const aligned = h.alignment && i > 0 && i % h.window === 0
    const count = projectionsOf(units, h)
    const goodness = energiesOf({ channels: units, side: Math.min(...sides) }, { ...h, projections: count })
    const reading =
      h.reading === 'fixed' && hasLoss(i, h)
        ? fixedNormals(task, `reading ${i}`, [goodness.size, classes], 1 / Math.sqrt(goodness.size))
        : undefined
    const projected =
      h.channel === 'fixed' && hasLoss(i, h)
        ? fixedNormals(task, `projections ${i}`, [count, units], 1 / Math.sqrt(units))
        : undefined
    const say = (weights: NonNullable<Weights['goodness']>, y: Tensor): Tensor => {
      const values = goodness.of(y, projected ?? weights.projections)
      return values
        .matmul(reading ?? weights.reading!)
        .mul(weights.temperature)
        .add(weights.offset)
    }
    return {
      init: (random, name) => ({
        weight: layer.init(random, name, 'he').weight,
        bias: zeros([units]),
        ...(aligned && { alignment: zeros([inputs, inputs]) }),
        ...(hasLoss(i, h) && {
          goodness: {
            ...(h.channel === 'learned' && {
              projections: normalWeights(random, `${name}.projections`, [count, units], 'fan-out'),
            }),
            temperature: constant(h.temperature),
            offset: zeros([classes]),
            ...(h.reading === 'learned' && { reading: zeros([goodness.size, classes]) }),
          },
        }),
      }),
      ...(i === 0 && { running: ({ x }) => ({ input: inputScale(x, h.whiten) }) }),
      ownAlone: ['goodness'],
      forward({ weight, bias, alignment, goodness: weights }, below, { running, learns, training }) {
        const read = running.input ? prepared(below, running.input) : below
        const x = alignment
          ? read.add(convolved(read, alignment.reshape([inputs, inputs, 1, 1]), {}, task.precision))
          : read
        const y = layer.linear(weight, x, task.precision).add(layer.offset(bias)).relu()
        const handed = h.poolAfter.includes(i) ? averagePool2d(y, 2) : y
        return {
          output: rootMeanSquared(handed),
          running,
          ...(weights && (learns || !training) && { logits: say(weights, y) }),
        }
      },
      ...(hasLoss(i, h) && {
        loss: ({ made: { logits }, batch: { target } }) => ({
          loss: crossEntropy(logits!, target, h.smoothing).mean(),
          metrics: { accuracy: accuracy(logits!, target) },
        }),
        scores: (_, __, { logits }) => logSoftmax(logits!),
      }),
    } satisfies LocalLayer<Weights, Running, unknown, Made>
  })
}

/** Logistic fusion: learned weights of the log-probabilities that the layers give. */
function fusionOf(task: Task, h: CovarianceHyper): Head<Fusion> {
  const classes = classesOf(task)
  const voices = h.units.length / h.window
  const fused = ({ v }: Fusion, input: Tensor): Tensor => input.mul(softmax(v).reshape([1, voices, 1])).sum(1)
  return {
    name: 'fusion',
    init: () => ({ v: zeros([voices]) }),
    read({ made }) {
      const said = (made as readonly Made[]).flatMap(({ logits }) => (logits ? [logSoftmax(logits)] : []))
      return concat(
        said.map((one) => one.reshape([-1, 1, classes])),
        1,
      )
    },
    loss: ({ parameters, input, batch: { target } }) => {
      const scores = fused(parameters, input)
      return { loss: crossEntropy(scores, target).mean(), metrics: { accuracy: accuracy(scores, target) } }
    },
    predict: (parameters, input) => ({
      scores: fused(parameters, input),
      parts: Object.fromEntries(
        Array.from({ length: voices }, (_, k) => [
          `layer ${(k + 1) * h.window - 1}`,
          input.slice(1, k, k + 1).reshape([-1, classes]),
        ]),
      ),
    }),
  }
}

const parts = layerwise(({ task, hyper: h }: Given<CovarianceHyper>) => ({
  layers: layersOf(task, h),
  ...(h.fusion && { head: fusionOf(task, h) }),
  window: h.window,
  optimizer: optimizerOf(h, { matrices: false }),
  rate: (progress) => stepSize(h, progress),
  prediction: h.fusion ? 'head' : 'last',
  promise: { labels: ['loss'] },
}))

export const covarianceGoodness: Rule<CovarianceHyper, Stack<Weights, Running, Fusion>> = {
  id: 'covariance-goodness',
  title: 'Covariance goodness, after BiCovG',
  summary: 'energies of channels, of projected channels and of cells, read by a fixed random map, layer by layer',
  paper: {
    authors: 'Jiang, Al-Hashimi, Xu',
    year: 2026,
    title: 'Covariance-Aware Goodness for Scalable Forward-Forward Learning',
    arxiv: '2605.04346',
  },
  source: 'reconstructed',
  reconstructed: [
    'the goodness: which projections, which cells, how each group is scaled, the fixed read-out (of ASGE)',
    'logistic fusion as learned weights of log-probabilities; alignment as a zero-initialised 1x1 convolution',
    'groups of m layers with one loss, at their end',
    'networks, optimiser, rates, augmentation, temperature, whitened patches',
  ],
  hyper,
  training: { epochs: 8, batch: 100 },
  presets,
  small: { hyper: { units: [3, 4], poolAfter: [0], values: 16 }, shape: [2, 8, 8] },
  ...parts,
  probabilities: () => true,
}
