/**
 * Channel goodness: a layer scores the classes by the energies of its own channels. Ghader et al. 2026 (CAW-Conv), of
 * which the soft assignment of channels to classes is, on the networks of the CIFAR-10 speed-runs; beside it the fixed
 * random reading of ASGE (Gong, Staszewski, Xu 2025), normalised.
 *
 *   layer l    y = activation(W * x + b),   W * x max-pooled where it says so
 *   energies   p_c = mean over space of y_c^2, standardised over the channels of each sample
 *   soft       w = softmax over the classes of A / T,  T = clamp(exp(t), 0.1, 100) decay^progress
 *              g_k = sum_c p_c w_ck / |w_k|
 *   one-hot    the same with w_ck = 1 where k = c mod K, else 0
 *   random     g = p R,  R ~ N(0, 1/n) fixed, p the energies of the n cells of a grid
 *   loss l     cross-entropy of tau g, smoothed;   soft: + 0.01 entropy of w + 0.001 min(1, 3 progress) Gram term
 *   upward     y normalised for each sample and channel (or by the root mean square of the sample), detached
 *
 * A layer learns W, b, A, t and tau, and nothing else. A prediction is the mean of the log-probabilities of the last
 * layers, at equal weights but for `readOutWeights`: the source weighs by held-out images, which no step here sees.
 *
 * Ours: the standardised energies and each class's shares at length 1, with tau; the mean square, where CAW-Conv has a
 * mixture of mean, largest and smallest activity; a random first assignment, without which the layers get no gradient
 * at first; Muon, for which the source's clipping of gradients would change nothing; no dropout; the Gram term without
 * the source's division by K^2 C, which leaves it no effect. Of ASGE: standardised energies, R of deviation 1/sqrt(n)
 * and tau, since as printed softmax starts in saturation; energies are taken behind the pooling; no linear heads.
 */

import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import type { Batch, Rule } from '../contract.js'
import type { Fed, Stack } from '../layerwise/design.js'
import { type Given as DesignedFor, layerwise } from '../layerwise/layerwise.js'
import { notGreedy, stepAt, stepsOf } from '../speed-run/freezing.js'
import { predictionOf } from '../speed-run/options.js'
import { predictedInViews } from '../speed-run/views.js'
import { type Given, layersOf, type Running, type Weights } from './layer.js'
import { type ChannelGoodnessHyper, hyper, presets } from './options.js'

const told = ({ x, progress }: Batch): Fed<Given> => ({ x, given: { progress } })

const parts = layerwise(({ task, hyper: h }: DesignedFor<ChannelGoodnessHyper>) => ({
  layers: layersOf(task, h),
  input: { training: told, use: (x) => ({ x }) },
  greedy: { keep: (output) => output, training: told },
  // The assignment is no feature: Adam moves it.
  optimizer: optimizerOf(h, { matrices: false }),
  rate: (progress) => stepSize(h, progress),
  steps: stepsOf(h),
  prediction: predictionOf(h),
  promise: { labels: ['loss'] },
  ...notGreedy(h),
}))

export const channelGoodness: Rule<ChannelGoodnessHyper, Stack<Weights, Running>> = {
  id: 'channel-goodness',
  title: 'Channel goodness',
  summary: "the energies of a layer's channels, softly assigned to the classes, are its loss and its answer",
  paper: {
    authors: 'Ghader, Kheradpisheh, Farahani, Fazlali',
    year: 2026,
    title: 'Forward-Only Convolutional Neural Networks with Learnable Channel-Class Assignment',
    arxiv: '2606.09928',
  },
  source: 'ours',
  hyper,
  training: { epochs: 8, batch: 100 },
  presets,
  small: { hyper: { units: [4, 5], poolAfter: [0] }, shape: [2, 8, 8] },
  ...parts,
  schedule: (_, __, h, progress) => stepAt(h, progress),
  probabilities: () => true,
  predict: (state, x, task, h) => predictedInViews(x, h.views, (images) => parts.predict(state, images, task, h)),
}
