/**
 * Broadcast: what the output got wrong goes straight to every hidden layer.
 *
 * Score Broadcast and Decorrelation (SBD): Uzun, Erdogan, Pehlevan, Erdogan 2026 (arXiv 2605.30638), of which only the
 * abstract could be read. The score s = dloss/do of the output o has the conditional mean zero at the optimum, so that
 * every function of the input, each hidden activity h_k among them, is uncorrelated with it. Error Broadcast and
 * Decorrelation (EBD): Erdogan, Pehlevan, Erdogan 2025 (arXiv 2504.11558) says so of the error o - y of squared error.
 * Each layer keeps the correlation that is left, R_k [n_k, K], and lowers J_k = || R_k ||_F^2 / 2:
 *   R_k <- lambda R_k + (1 - lambda) E[h_k^T s],   q_k = s R_k^T,
 *   dW_k = (1 - lambda) E[h_(k-1)^T (phi'(u_k) q_k)],   the gradient of J_k with s and the old R_k held fixed.
 * A convolution has a row of R_k for each channel and place, and its dW_k sums over places. The output layer follows its
 * own loss. With factors, [s; p*s; c(x) (x) s] is broadcast in the place of s.
 *
 * Losses and scores: cross-entropy of one class, softmax(o) - onehot(y); exponential families with natural parameters
 * o, grad A(o) - T(y): squared-error (Gaussian), bernoulli, poisson; pinball, 1{y < o} - tau.
 *
 * The rules that it is judged by, in the same network:
 *   dfa            q_k = s B_k^T, B_k fixed and random (Nokland 2016): sbd with lambda = 1
 *   fa             delta_k = (delta_(k+1) B_(k+1)^T) phi'(u_k), B_(k+1) fixed and random (Lillicrap et al. 2016)
 *   sign-symmetry  the same with B = sign(W) times a magnitude (Liao et al. 2016; Moskovitz et al. 2018)
 *   kolen-pollack  the same with B learning as W does, under the same weight decay (Akrout et al. 2019)
 *   backprop       the same with B = W: the yardstick
 *   drtp           q_k = T(y) B_k^T: labels alone (Frenkel et al. 2021)
 *
 * Reconstructed: SBD's equations and its factors, from its abstract and EBD's equations. Deviations from EBD: (1 -
 * lambda) is left out of dW_k and R_k is normalised (`normalize`), so that ordinary rates of Adam serve in the place of
 * rates of 1e4; convolutions have biases; the power norm by choice, no entropy terms and no sparsity; h_k is correlated
 * as it is (g is the identity), in a pooled layer before the pooling. With align=sal
 * the feedback of fa and dfa turns to the forward weights between epochs (`alignment.ts`).
 */

import { outputCount } from '../../data/dataset.js'
import { constant, grad, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import type { Dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import { filters } from '../../nn/pictures.js'
import { targetKind } from '../../targets/index.js'
import type { Batch, LocalityPromise, Rule, Task } from '../contract.js'
import { alignmentPhase } from '../spike-alignment/phase.js'
import { alignStep, feedbackBlocks, isAligned } from './alignment.js'
import { alignments, chainFeedback, initialFeedback } from './feedback.js'
import { lossOf, saysProbabilities, statistics } from './losses.js'
import { type BroadcastLayer, layersOf, type Pass, passOf } from './network.js'
import { type BroadcastHyper, hiddenCount, hyper, isChained, learnsCorrelations, warningsOf } from './options.js'
import { presets } from './presets.js'
import { byChain, byCorrelations, byFixed, expanded, type Hearing } from './signals.js'
import type { BroadcastState } from './state.js'

const networkOf = (task: Task, h: BroadcastHyper): BroadcastLayer[] =>
  layersOf(task.input.shape, outputCount(task.target), task.precision, h)

const layerName = (k: number, h: BroadcastHyper): string => (k === hiddenCount(h) ? 'output' : `layer ${k}`)

/** Figures of the hidden layers, by layer. */
const byLayer = (figures: Readonly<Record<string, readonly Tensor[]>>, h: BroadcastHyper) =>
  Object.fromEntries(
    Array.from({ length: hiddenCount(h) }, (_, k) => [
      layerName(k, h),
      Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, values[k]!])),
    ]),
  )

/** c(x) [N, m]: fixed random projections of the input; undefined where no factor asks for them. */
function projected(x: Tensor, task: Task, h: BroadcastHyper): Tensor | undefined {
  if (!h.factors.includes('c')) return undefined
  const size = sizeOf(task.input.shape)
  const drawn = new Float32Array(size * h.projections)
  task.structure('projections').normal(drawn)
  return flat(x).matmul(constant(drawn, [size, h.projections]).mul(1 / Math.sqrt(size)))
}

/** M, the numbers that are broadcast of each sample. */
function broadcastSize(task: Task, h: BroadcastHyper): number {
  const factors = h.method === 'sbd' ? h.factors : []
  const parts = factors.map((factor) => (factor === 'c' ? h.projections : 1))
  return parts.reduce((sum, part) => sum + part, 1) * outputCount(task.target)
}

/**
 * What reaches the hidden layers by the method: s, the score of each sample over the batch, through correlations, fixed
 * feedback or a chain of layers; with drtp the statistics t of the targets in its place.
 */
function hear(
  state: BroadcastState,
  pass: Pass,
  s: Tensor,
  t: Tensor,
  { x, random }: Pick<Batch, 'x' | 'random'>,
  task: Task,
  h: BroadcastHyper,
): Hearing {
  if (isChained(h)) {
    const feedback = chainFeedback(state.layers, state.feedback, random, h)
    return byChain(networkOf(task, h), state.layers, pass, s, feedback)
  }
  if (!learnsCorrelations(h))
    return byFixed(state.layers, pass, h.method === 'drtp' ? t.mul(1 / task.batch) : s, state.feedback!)
  const p = lossOf(task.target, h).prediction(pass.scores)
  const sent = expanded(s, p, projected(x, task, h), h).stopGradient()
  return byCorrelations(state.layers, pass, sent, state.correlations!, h)
}

/** What one optimiser moves: a layer, and with kolen-pollack the feedback that mirrors its weight. */
function learned(
  layer: Dense,
  k: number,
  feedback: readonly Tensor[] | undefined,
  h: BroadcastHyper,
): Dense & { readonly feedback?: Tensor } {
  return h.method === 'kolen-pollack' && k > 0 ? { ...layer, feedback: feedback![k - 1]! } : layer
}

/**
 * The gates phi' of the layers between make feedback of an error that comes down; below the output it is a broadcast.
 */
function promiseOf(h: BroadcastHyper): LocalityPromise {
  const promise = { local: false, window: 1, labels: ['loss'] } as const
  if (h.method === 'drtp') return { ...promise, local: true }
  if (h.method === 'sign-symmetry' || h.method === 'backprop') return { ...promise, feedback: 'forward weights' }
  // What comes through weights that a phase trains is feedback from their block; fixed ones leave it a broadcast.
  if (isAligned(h))
    return {
      ...promise,
      labels: ['loss', 'weights'],
      broadcast: h.method === 'dfa' && h.channels.length > 0,
      feedback: 'other weights',
    }
  const feedback = isChained(h) && hiddenCount(h) > 1 ? 'other weights' : 'none'
  return { ...promise, broadcast: true, feedback }
}

export const broadcast: Rule<BroadcastHyper, BroadcastState> = {
  id: 'broadcast',
  short: ['sbd'],
  title: 'Broadcast',
  summary: "the output's score or error goes straight to all layers, through learned correlations; FA, DFA and kin",
  paper: {
    authors: 'Uzun, Erdogan, Pehlevan, Erdogan',
    year: 2026,
    title: 'Score Broadcast and Decorrelation: A General Framework for Broadcast-Based Credit Assignment',
    arxiv: '2605.30638',
  },
  source: 'reconstructed',
  reconstructed: [
    "SBD's equations, from its abstract and the equations of EBD (arXiv 2504.11558)",
    'the factors of the score expansion: the prediction, and random projections of the input',
  ],
  targets: ['class', 'labels', 'values'],
  hyper,
  training: { epochs: 10, batch: 50 },
  presets,
  small: { shape: [1, 8, 8] },

  // Correlations and feedback are state of no block: the certificate walks through them to whatever they are made of.
  locality: (_, h) => ({
    blocks: Array.from({ length: hiddenCount(h) + 1 }, (_, k) => [
      { name: layerName(k, h), parameters: [`layers.${k}`] },
      ...feedbackBlocks(k, h),
    ]).flat(),
    promise: promiseOf(h),
  }),

  warnings: (_, h) => warningsOf(h),

  init(random, task, h) {
    const layers = networkOf(task, h)
    const parameters = layers.map((layer, k) =>
      layer.init(random, `layers.${k}`, k === hiddenCount(h) ? 'fan-in' : h.initial),
    )
    const correlations = (): Tensor[] =>
      layers.slice(0, -1).map(({ activityShape }, k) => {
        const shape = [sizeOf(activityShape), broadcastSize(task, h)]
        return h.correlation === 0 ? zeros(shape) : random.normal(`correlations.${k}`, shape).mul(h.correlation)
      })
    const feedback = initialFeedback(random, layers, task, h)
    return {
      layers: parameters,
      ...(learnsCorrelations(h) && { correlations: correlations() }),
      ...(feedback && { feedback }),
      optimizers: parameters.map((own, k) => optimizerOf(h).init(learned(own, k, feedback, h))),
    }
  },

  steps: (task, h) => ({
    ...(isAligned(h) && { align: alignStep(h) }),
    joint(state, batch) {
      const layers = networkOf(task, h)
      const pass = passOf(layers, state.layers, batch.x, h)
      const output = lossOf(task.target, h)
      const t = statistics(batch.target, task.target)
      const s = output.score(pass.scores, t).mul(1 / task.batch)
      const heard = hear(state, pass, s.stopGradient(), t, batch, task, h)

      const top = state.layers.at(-1)!
      const own = grad(pass.scores.mul(s.stopGradient()).sum(), [top.weight, top.bias])
      const next = [...heard.gradients, own].map((gradients, k) => {
        const rate = stepSize({ ...h, rate: k === hiddenCount(h) ? h.outputRate : h.rate }, batch.progress)
        const parameters = learned(state.layers[k]!, k, state.feedback, h)
        // The feedback of Kolen and Pollack learns by the gradient of the weight that it mirrors.
        const all = parameters.feedback ? [...gradients, gradients[0]!] : gradients
        return optimizerOf(h).update(parameters, all, state.optimizers[k]!, rate)
      })
      const feedback = next.flatMap(([{ feedback: moved }]) => moved ?? [])
      const loss = output.loss(pass.scores, t).mean()
      const isMirrored = h.method === 'fa' || h.method === 'kolen-pollack'
      const figures: { readonly [name: string]: readonly Tensor[] } = {
        ...(heard.correlation && { correlation: heard.correlation }),
        ...(isMirrored && { alignment: alignments(state.layers, state.feedback!) }),
      }
      return [
        {
          ...state,
          layers: next.map(([{ weight, bias }]) => ({ weight, bias })),
          ...(heard.correlations && { correlations: heard.correlations }),
          ...(feedback.length > 0 && { feedback }),
          optimizers: next.map(([, moments]) => moments),
        },
        {
          network: { loss, ...targetKind(task.target).metrics(pass.scores, batch.target) },
          blocks: byLayer(figures, h),
        },
      ]
    },
  }),

  between: (_, h) => (isAligned(h) ? alignmentPhase(h) : []),

  probabilities: saysProbabilities,

  predict: ({ layers }, x, task, h) => ({ scores: passOf(networkOf(task, h), layers, x, h).scores }),

  pictures: (task) => filters(task.input.shape, ({ layers }: BroadcastState) => layers[0]!.weight),
}
