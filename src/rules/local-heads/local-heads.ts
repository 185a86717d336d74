/**
 * Local heads: each layer learns from the loss of a small head of its own; its input is detached. Nokland and Eidnes
 * 2019 (prediction and similarity), Belilovsky, Eickenberg and Oyallon 2019 (layers trained one by one), on the small,
 * well-conditioned networks of the CIFAR-10 speed-runs (Page 2019, Jordan 2024).
 *
 *   layer l   u = W * x, pooled where it says so;   y = activation(batch norm(u) + b)
 *   head l    logits of y: a linear map of the pooled map, or of a 3x3 convolution of it
 *   loss l    cross-entropy of the logits, smoothed;   predsim: (1 - beta) cross-entropy + beta similarity
 *
 * The similarity loss compares the cosines between the samples of a batch with those between their labels. Layer 0 of
 * a convolutional network reads images whose 2x2 patches were whitened by the first batch: no label and no gradient
 * enters there. A layer may stop learning before the end (`until`); then it only runs forward.
 *
 * Ours: the joining of these parts, which no paper has; heads behind a pooling to at most 8x8, also that of similarity
 * (the authors' runs at full resolution, at the cost of a second layer); max-pooling before the normalisation, which
 * saves three quarters of its work; the linear schedule in the place of predsim's steps.
 *
 * With `heads=last` and a window over all layers the same network learns by backpropagation: the yardstick.
 */

import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import { filters } from '../../nn/pictures.js'
import type { Rule } from '../contract.js'
import type { Stack } from '../layerwise/design.js'
import { type Given, layerwise } from '../layerwise/layerwise.js'
import { notGreedy, stepAt, stepsOf } from '../speed-run/freezing.js'
import { predictionOf } from '../speed-run/options.js'
import { predictedInViews } from '../speed-run/views.js'
import { layersOf, type Running, type Weights } from './layer.js'
import { hyper, type LocalHeadsHyper, presets } from './options.js'

type State = Stack<Weights, Running>

const parts = layerwise(({ task, hyper: h }: Given<LocalHeadsHyper>) => ({
  layers: layersOf(task, h),
  window: h.window,
  // The linear maps of heads are no features: the speed-runs leave them to another optimiser. Among the matrices of a
  // dense network nothing tells them apart: there Muon steps them too.
  optimizer: optimizerOf(h, { matrices: h.network === 'dense' }),
  rate: (progress) => stepSize(h, progress),
  steps: stepsOf(h),
  prediction: h.heads === 'last' ? 'last' : predictionOf(h),
  promise: { labels: ['loss'] },
  ...notGreedy(h),
}))

export const localHeads: Rule<LocalHeadsHyper, State> = {
  id: 'local-heads',
  title: 'Local heads',
  summary: 'each layer learns from the loss of a small head of its own, on the networks of the CIFAR-10 speed-runs',
  paper: {
    authors: 'Nokland, Eidnes',
    year: 2019,
    title: 'Training Neural Networks with Local Error Signals',
    arxiv: '1901.06656',
  },
  source: 'ours',
  hyper,
  training: { epochs: 8, batch: 100 },
  presets,
  small: { hyper: { units: [4, 5], poolAfter: [0], headUnits: 3 }, shape: [2, 8, 8] },
  ...parts,
  schedule: (_, __, h, progress) => stepAt(h, progress),
  probabilities: () => true,

  predict: (state, x, task, h) =>
    predictedInViews(x, h.network === 'dense' ? 'one' : h.views, (images) => parts.predict(state, images, task, h)),

  pictures: (task, h) =>
    h.network === 'convolutional' && h.whiten
      ? {}
      : filters(task.input.shape, ({ layers }: State) => layers[0]!.weight),
}
