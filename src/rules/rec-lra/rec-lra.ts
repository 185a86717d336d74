/**
 * Recursive local representation alignment, after rec-LRA: Ororbia, Mali, Kifer, Giles, "Large-Scale Gradient-Free Deep
 * Learning with Recursive Local Representation Alignment" (arXiv 2002.03911, AAAI 2023). The paper's body could not be
 * read: what stands here is from its abstract, from re-implementations that cite its pages, and the rule of the feedback
 * from the authors' code of a sister model (P-TNCN).
 *
 *   h_l = W_l z_(l-1) + b_l,  z_l = phi(h_l)                 the output is linear, e_L = softmax - label
 *   d_l = E_l e_(l+1)                                        or E_l e_L at the end of an error skip
 *   y_l = phi(h_l - beta d_l)                                the target: no derivative of phi is taken
 *   e_l = a (z_l - y_l) + (1 - a) sign(z_l - y_l)
 *   dW_l = e_l^T z_(l-1)                                     the mean over the batch, subtracted
 *   feedbackRule transpose: dE_l = the transposed dW_(l+1);  hebb: dE_l = -e_(l+1)^T e_l
 *   matrices, and their gradients, are scaled into balls of a given norm
 *
 * With E = W^T, a = 1 and small beta the step has the direction of backpropagation in every layer, and beta^(L-l) times
 * its size: that is why the optimisers by default are free of scale. Feedback lies in the state in the shape of the
 * forward weight that it mirrors, `feedback.l` in that of `layers.(l+1).weight`, and is used transposed.
 *
 * With align=sal the feedback of a dense network also turns to the forward weights between epochs (`alignment.ts`).
 *
 * Reconstructed: where normalisation stands, and that e_l passes the layer's own (and its pooling) before it goes on
 * and before it meets z_(l-1); batch normalisation in the place of layer normalisation; the convolutional network, in
 * which E is a transposed convolution; identity skips between layers, which hand down beta times the error above them;
 * what E learns at the end of an error skip, where it mirrors no weight: the update that a weight from there to the
 * output would get; the first weights: zeros in the output layer, and convolutions whose first channels begin as the
 * identity (`dirac`). Left out: noise on the input.
 *
 * Symbols: E, W are `feedback` and `layers`; z, h, u are those of `Made`; e, r those of `LayerError`; `alpha` is a.
 */

import { constant, grad, oneHot, pullback, softmax, type Tensor } from '../../graph/index.js'
import { accuracy, crossEntropy } from '../../nn/losses.js'
import { optimizerOf, stepSize } from '../../nn/optimizers.js'
import { filters } from '../../nn/pictures.js'
import { tensorsOf } from '../../nn/tree.js'
import { inputScale } from '../../nn/whitening.js'
import type { Rule, Task } from '../contract.js'
import { alignmentPhase } from '../spike-alignment/phase.js'
import { alignStep, isAligned } from './alignment.js'
import { errorsOf } from './errors.js'
import { networkOf, type Pass } from './network.js'
import { hyper, isSkipEnd, presets, type RecLraHyper } from './options.js'
import type { RecLraState } from './state.js'

const layerName = (i: number, h: RecLraHyper): string => (i === h.units.length ? 'output' : `layer ${i}`)
const feedbackName = (i: number): string => `feedback to layer ${i}`

/** The linear map to the classes, and feedback from there, are no features: Adam has them in a net of kernels. */
const optimizer = (h: RecLraHyper) => optimizerOf(h, { matrices: h.network === 'dense' })

/** A matrix of at most that length; a radius of 0 is none. */
export const intoBall = (matrix: Tensor, radius: number): Tensor =>
  radius === 0 ? matrix : matrix.mul(constant(radius).div(matrix.square().sum().sqrt().maximum(radius)))

/** The gradients of layers and feedback. */
interface Gradients {
  readonly layers: readonly (readonly Tensor[])[]
  readonly feedback: readonly Tensor[]
}

function localGradients(
  { layers, feedback }: RecLraState,
  { hidden, scores }: Pass,
  labels: Tensor,
  task: Task,
  h: RecLraHyper,
): Gradients {
  const network = networkOf(task, h)
  const output = softmax(scores).sub(oneHot(labels, scores.shape[1]!)).stopGradient()
  const errors = errorsOf(network, hidden, feedback, output, h, task.precision)
  const by = (made: Tensor, error: Tensor, parameter: Tensor): Tensor =>
    pullback([made], [error], [parameter])[0]!.mul(1 / task.batch)
  const gradients = layers.map(({ weight, bias }, i): [Tensor, Tensor] => {
    if (i === hidden.length) return [by(scores, output, weight), by(scores, output, bias)]
    return [by(hidden[i]!.u, errors[i]!.r, weight), by(hidden[i]!.h, errors[i]!.e, bias)]
  })
  const ofFeedback = feedback.map((E, i) => {
    if (h.feedbackRule === 'transpose' && !isSkipEnd(h, i)) return gradients[i + 1]![0]
    const { e, source } = errors[i]!
    const sent = h.feedbackRule === 'transpose' ? hidden[i]!.z.stopGradient() : e.neg()
    return by(network.mirrored[i]!.linear(E, sent, task.precision), source, E)
  })
  return { layers: gradients, feedback: ofFeedback }
}

/** By the gradient of the loss of the whole network. */
function backpropagated({ layers }: RecLraState, loss: Tensor): Gradients {
  const all = grad(loss, tensorsOf(layers))
  return { layers: layers.map((_, i) => all.slice(2 * i, 2 * i + 2)), feedback: [] }
}

/** The cosine between feedback and the forward weight that it mirrors: 1 would be weight transport. */
const alignment = (E: Tensor, weight: Tensor): Tensor =>
  E.mul(weight).sum().div(E.square().sum().mul(weight.square().sum()).add(1e-30).sqrt())

export const recLra: Rule<RecLraHyper, RecLraState> = {
  id: 'rec-lra',
  title: 'Recursive local representation alignment',
  summary: 'errors come down through learned feedback and error skips; every layer moves towards a target of its own',
  paper: {
    authors: 'Ororbia, Mali, Kifer, Giles',
    year: 2023,
    title: 'Large-Scale Gradient-Free Deep Learning with Recursive Local Representation Alignment',
    arxiv: '2002.03911',
  },
  source: 'reconstructed',
  reconstructed: [
    'the algorithm, from re-implementations that cite the paper; the rule of the feedback, from P-TNCN of its authors',
    'the convolutional network: transposed convolutions as feedback, errors past normalisation and pooling',
    'what feedback learns at the end of an error skip: what a weight from there to the output would learn',
    'identity skips hand the error of the layer two above down, times beta',
    'first weights: zeros in the output layer, convolutions that pass their first channels on as they are (dirac)',
  ],
  hyper,
  training: { epochs: 10, batch: 100 },
  presets,
  small: { hyper: { units: [5, 4, 4, 4], poolAfter: [0], residual: [3], errorSkip: 2 }, shape: [2, 8, 8] },

  locality(_, h) {
    const own = (i: number) => ({ name: feedbackName(i), parameters: [`feedback.${i}`] })
    const isLocal = h.method === 'rec-lra'
    const isFromOutput = (i: number): boolean => i === h.units.length - 1 || isSkipEnd(h, i)
    const ends = isLocal ? h.units.flatMap((_, i) => (isFromOutput(i) ? [own(i)] : [])) : []
    const blocks = [...h.units, 0].flatMap((_, i) => [
      {
        name: layerName(i, h),
        parameters: [`layers.${i}`],
        ...(h.norm === 'batch' && i < h.units.length && { statistics: [`norms.${i}`] }),
      },
      ...(isLocal && i > 0 && i < h.units.length && !isFromOutput(i - 1) ? [own(i - 1)] : []),
    ])
    return {
      blocks: [...blocks, ...ends],
      promise: isLocal
        ? // What feedback from the output is fed holds the label; feedback that stays as it is reads nothing.
          {
            local: false,
            window: 1,
            labels: ['loss', h.gamma > 0 ? 'input' : isAligned(h) ? 'weights' : 'none'],
            feedback: 'other weights',
          }
        : { local: false, window: 'all', labels: ['loss'] },
    }
  },

  init(random, task, h, { x }) {
    const network = networkOf(task, h)
    const { layers, norms } = network.init(random)
    const mirrored = h.method === 'backprop' ? [] : network.mirrored
    const feedback = mirrored.map((map, i) => map.init(random, `feedback.${i}`, h.feedbackInitial).weight)
    const { init } = optimizer(h)
    return {
      layers,
      feedback,
      norms,
      ...(h.network === 'convolutional' && { input: inputScale(x, h.whiten) }),
      optimizers: { layers: layers.map(init), feedback: h.gamma === 0 ? [] : feedback.map(init) },
    }
  },

  steps: (task, h) => ({
    ...(isAligned(h) && { align: alignStep(h, feedbackName) }),
    joint(state, { x, target, progress }) {
      const { layers, feedback, optimizers } = state
      const pass = networkOf(task, h).pass(state, x, true)
      const loss = crossEntropy(pass.scores, target).mean()
      const gradients =
        h.method === 'rec-lra' ? localGradients(state, pass, target, task, h) : backpropagated(state, loss)
      const rate = stepSize(h, progress)
      const { update } = optimizer(h)
      const ball = (matrix: Tensor): Tensor => intoBall(matrix, h.weightBall)
      const clipped = (matrix: Tensor): Tensor => intoBall(matrix, h.updateBall)
      const moved = layers.map((layer, i) => {
        const [weight, bias] = gradients.layers[i]!
        return update(layer, [clipped(weight!), bias!], optimizers.layers[i]!, rate)
      })
      const learned = optimizers.feedback.map((own, i) =>
        update({ E: feedback[i]! }, [clipped(gradients.feedback[i]!)], own, rate.mul(h.gamma)),
      )
      const aligned = feedback.flatMap((E, i): [string, { alignment: Tensor }][] =>
        isSkipEnd(h, i) ? [] : [[feedbackName(i), { alignment: alignment(E, layers[i + 1]!.weight) }]],
      )
      return [
        {
          ...state,
          layers: moved.map(([{ weight, bias }]) => ({ weight: ball(weight), bias })),
          feedback: h.gamma === 0 ? feedback : learned.map(([{ E }]) => ball(E)),
          norms: pass.norms,
          optimizers: { layers: moved.map(([, own]) => own), feedback: learned.map(([, own]) => own) },
        },
        { network: { loss, accuracy: accuracy(pass.scores, target) }, blocks: Object.fromEntries(aligned) },
      ]
    },
  }),

  between: (_, h) => (isAligned(h) ? alignmentPhase(h) : []),

  probabilities: () => true,

  predict: (state, x, task, h) => ({ scores: networkOf(task, h).pass(state, x, false).scores }),

  pictures: (task, h) =>
    h.network === 'convolutional' ? {} : filters(task.input.shape, ({ layers }: RecLraState) => layers[0]!.weight),
}
