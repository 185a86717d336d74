/**
 * Spike-based alignment learning (SAL). Gierlich, Baumbach, Kungl, Max, Petrovici 2026, "Weight transport through spike
 * timing for robust local gradients" (arXiv 2503.02642; Nature Communications).
 *
 * Errors come down through feedback weights b of their own, and between epochs these turn to the forward weights w. Units
 * i below and j above spike from background noise alone, as spiking sampling layers (`spiking.ts`):
 *   u_i = bias_i + sum_j b_ij PSP_j,   u_j = bias_j + sum_i w_ij PSP_i,   P(spike) = sigmoid(u - ln t_ref) if not refractory
 * and the feedback synapse from j to i sums over pairs of their spikes (`pairing.ts`):
 *   j before i (causal)    -exp(-(t_i - t_j) / tau)
 *   i before j (acausal)   +exp(-(t_j - t_i) / tau)                                            tau = t_ref
 *   db_ij = rate * mean over copies of the sum / (2 t_ref)
 * A strong w_ij makes spikes of j follow those of i, so b_ij grows; b_ij itself makes spikes of i follow those of j, so
 * it shrinks: they balance at b = w. The phase reads no data, no labels and no loss. It is one piece, `phase.ts`, which other
 * rules use by their option `align=sal`: broadcast, target-propagation and rec-lra.
 *
 * The network is the dense part of the paper's: rectified layers, cross-entropy of the softmax, feedback alignment; that is
 * method=fa of broadcast, of which this rule is the special case. align=none leaves the feedback as it began.
 *
 * After the authors' code. Deviations: each pair of layers spikes by itself (the code: one copy of the whole network);
 * recordings are four times as short and as many, and start at rest; the first epoch has a phase before it, too, since our
 * trainings are short; traces are not cut off after 2 t_ref; the last phase comes before the last epoch, not after it.
 */

import { filters } from '../../nn/pictures.js'
import { alignedPair } from '../broadcast/alignment.js'
import { broadcast } from '../broadcast/broadcast.js'
import type { BroadcastHyper } from '../broadcast/options.js'
import type { BroadcastState } from '../broadcast/state.js'
import type { Rule } from '../contract.js'
import { hyper, presets, type SpikeAlignmentHyper } from './options.js'
import { picturesOf } from './pictures.js'

const FEEDBACK_ALIGNMENT = broadcast.hyper.parse({ method: 'fa' })

/** The same network as broadcast knows it. */
const as = (h: SpikeAlignmentHyper): BroadcastHyper => ({ ...FEEDBACK_ALIGNMENT, ...h, outputRate: h.rate })

export const spikeAlignment: Rule<SpikeAlignmentHyper, BroadcastState> = {
  id: 'spike-alignment',
  title: 'Spike-based alignment',
  summary: 'feedback alignment whose feedback turns to the forward weights between epochs, by the order of spikes',
  paper: {
    authors: 'Gierlich, Baumbach, Kungl, Max, Petrovici',
    year: 2026,
    title: 'Weight transport through spike timing for robust local gradients',
    arxiv: '2503.02642',
  },
  source: 'code',
  hyper,
  training: { epochs: 10, batch: 100 },
  presets,
  // The layers of the preset `pair` stand still.
  small: { hyper: { alignTimes: 2, alignSteps: 6, alignBatch: 2, rate: 0.01 } },
  locality: (task, h) => broadcast.locality(task, as(h)),
  init: (random, task, h, sample) => broadcast.init(random, task, as(h), sample),
  steps: (task, h) => broadcast.steps(task, as(h)),
  between: (epoch, h) => broadcast.between!(epoch, as(h)),
  probabilities: (h) => broadcast.probabilities!(as(h)),
  predict: (state, x, task, h) => broadcast.predict!(state, x, task, as(h)),
  pictures: (task, h) => ({
    ...picturesOf(h, (state: BroadcastState) => alignedPair(state, 0, as(h))),
    ...filters(task.input.shape, ({ layers }: BroadcastState) => layers[0]!.weight),
  }),
}
