/**
 * Unsupervised Forward-Forward (UFF): Hwang, Seo, Jung 2024, "Unsupervised Forward-Forward" (arXiv 2404.14664).
 *
 * Every layer is an unsupervised cell with a loss of its own, on what the cell below handed up:
 *   z_l = E_l(LN(z_{l-1})), z_0 = x,   L_l = ||D_l(z_l) - z_{l-1}||^2,
 * (the first cell, whose z_0 are pixels: the cross-entropy of a sigmoid D in its place, see `likelihood`),
 * and a classifier reads the concatenation of all latents: softmax(W [LN(z_1), ..., LN(z_L)] + b). No gradient crosses
 * a cell, none enters the cells from the classifier, and no label reaches a cell. AdamW.
 *
 * RECONSTRUCTED: only the abstract was available. It names auto-encoder, denoising, convolutional and adversarial
 * (GAN) cells, layer normalisation between cells, the concatenated latents, AdamW, and training together or apart.
 * Sizes, numbers of cells, rates, epochs, noise and results are not known: all of them are ours. So are
 *   - the variational cell, which stands where the paper has an adversarial one (that one is left for later);
 *   - tied weights and, as an option, sparse codes (see docs/decisions/0009-uff.md);
 *   - layer normalisation in front of the classifier too, so that no latent outweighs another;
 *   - cells that reconstruct z_{l-1} and not LN(z_{l-1}), so that a latent can be decoded down to pixels;
 *   - a classifier of one softmax layer.
 * Beside the classifier, the same linear map is trained on every latent alone and on the pixels: its figures are those
 * of `layers` in predictions, so that one run says whether the concatenation is worth it.
 *
 * Greedy training has a phase for each cell, then one for the classifier. A phase reads what the frozen cells below
 * hand up, its own parameters and its own noise, so it may as well run alone from stored features.
 *
 * Aimed at (MNIST, not figures of the paper): dense cells 97.5 %, convolutional 98.5 %, linear on pixels about 92 %.
 */

import { z } from 'zod'
import { UserError } from '../../errors.js'
import { argmax, concat, grad, oneHot, sizeOf, type Tensor } from '../../graph/index.js'
import { ACTIVATIONS, type Activation } from '../../nn/activations.js'
import { flat } from '../../nn/axes.js'
import { CORRUPTIONS, type Corruption } from '../../nn/corruption.js'
import { affine, type Dense } from '../../nn/dense.js'
import { FAN_RULES, type FanRule, zeros } from '../../nn/initialize.js'
import { crossEntropy, meanSquaredError, squaredError } from '../../nn/losses.js'
import { networkOptions } from '../../nn/network.js'
import { NORMALIZATIONS } from '../../nn/normalize.js'
import { adam, type Optimizer } from '../../nn/optimizers.js'
import { SCHEDULE_NAMES, SCHEDULES } from '../../nn/schedules.js'
import { leaves, type Tree } from '../../nn/tree.js'
import type { Batch, Metrics, Rule, Step, Task } from '../contract.js'
import { type Cell, learnJointly, learnLayer, type Stack } from '../layerwise.js'
import { type CellParameters, cellsOf, latentsOf, type UnsupervisedCell } from './cells.js'
import { uffPictures } from './pictures.js'

const choices = <T extends string>(table: Readonly<Record<T, unknown>>): [T, ...T[]] =>
  Object.keys(table) as [T, ...T[]]

const hyper = z.strictObject({
  ...networkOptions,
  network: networkOptions.network.default('dense'),
  units: networkOptions.units.default([500, 500]),
  kernel: networkOptions.kernel.default(5),
  poolAfter: networkOptions.poolAfter.default([0, 1]),
  cell: z
    .enum(['auto-encoder', 'denoising', 'variational'])
    .default('auto-encoder')
    .describe('what each layer is (paper; the variational cell is ours, in place of its adversarial one)'),
  hidden: z
    .array(z.int().min(1))
    .default([])
    .describe('ReLU layers inside a cell between its input and its latent, mirrored in its decoder (ours)'),
  tied: z
    .boolean()
    .default(true)
    .describe("the decoder's weights are the encoder's, transposed (ours: without it latents are far worse)"),
  initial: z
    .enum(choices<FanRule>(FAN_RULES))
    .default('glorot')
    .describe('standard deviation of the initial weights (ours: with larger ones tied cells lose units)'),
  sparsity: z
    .number()
    .optional()
    .describe(
      'auto-encoders learn from activities so many standard deviations above their mean over the batch; default: from all (ours, after Makhzani and Frey 2015)',
    ),
  activation: z
    .enum(choices<Activation>(ACTIVATIONS))
    .default('relu')
    .describe('of the latents; those of variational cells are linear (ours)'),
  noise: z
    .enum(choices<Corruption>(CORRUPTIONS))
    .default('masking')
    .describe('what denoising cells see: Gaussian noise, or a part of the input set to zero (Vincent et al. 2010)'),
  noiseLevel: z
    .number()
    .min(0)
    .default(0.5)
    .describe('standard deviation of Gaussian noise, or the part, below 1, that masking sets to zero (ours)'),
  likelihood: z
    .enum(['gaussian', 'bernoulli'])
    .default('bernoulli')
    .describe('of pixels: squared error, or the cross-entropy of a sigmoid; latents have the squared error (ours)'),
  variance: z.number().positive().default(0.1).describe('of the Gaussian likelihood in variational cells (ours)'),
  beta: z.number().min(0).default(1).describe('weight of the KL divergence in variational cells (1: the ELBO)'),
  normalization: z
    .enum(['layer', 'none'])
    .default('layer')
    .describe('between cells and in front of the classifier (paper: layer normalisation between cells)'),
  loss: z
    .enum(['cross-entropy', 'squared'])
    .default('cross-entropy')
    .describe('of the classifier; squared: regression on one-hot codes (paper: any usual loss)'),
  untrained: z.boolean().default(false).describe('cells keep their first weights: the control (ours)'),
  rate: z.number().positive().default(0.001).describe('step size of the cells (ours)'),
  cellsUntil: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe(
      'the part of the training in which cells learn; then they stand still; greedy training has phases instead (ours)',
    ),
  weightDecay: z.number().min(0).default(0.01).describe("AdamW's, of the cells (PyTorch's default)"),
  classifierRate: z.number().positive().default(0.001).describe('step size of the classifier (ours)'),
  classifierWeightDecay: z.number().min(0).default(0.01).describe("AdamW's, of the classifier (PyTorch's default)"),
  schedule: z.enum(SCHEDULE_NAMES).default('linear').describe('of all step sizes (ours)'),
})

export type UffHyper = z.infer<typeof hyper>

/** Linear maps: `all` reads the concatenated latents and is the classifier; the others read one source alone. */
type ReadOuts = { readonly pixels: Dense; readonly latents: readonly Dense[]; readonly all: Dense }

export type UffState = Stack<CellParameters> & {
  readonly classifier: { readonly readOuts: ReadOuts; readonly optimizer: Tree }
}

/** An unsupervised cell as the combinator wants it: a step of it reads no label. */
const learnable = (cell: UnsupervisedCell, i: number, { random }: Batch): Cell<CellParameters> => ({
  learn(p, buffers, input) {
    const { latent, loss, divergence } = cell.learn(p, input, random, `layers.${i}`)
    return { output: latent, loss, buffers, metrics: divergence ? { divergence } : {} }
  },
})

const cellOptimizer = (h: UffHyper): Optimizer => adam({ weightDecay: h.weightDecay })
const classifierOptimizer = (h: UffHyper): Optimizer => adam({ weightDecay: h.classifierWeightDecay })

/** The step size of cells that have gone through the part `done` of their training. */
const cellRate = (h: UffHyper, done: Tensor): Tensor => SCHEDULES[h.schedule](done).mul(h.rate)

/** What every read-out says, [N, K], of the images and the latents. */
function scoresOf(readOuts: ReadOuts, x: Tensor, latents: readonly Tensor[], h: UffHyper) {
  const [pixels, ...each] = [x, ...latents].map((y) => flat(NORMALIZATIONS[h.normalization](y)))
  return {
    pixels: affine(readOuts.pixels, pixels!),
    latents: each.map((y, i) => affine(readOuts.latents[i]!, y)),
    all: affine(readOuts.all, concat(each, 1)),
  }
}

/** Every read-out descends its own loss: they share no parameter, so the sum's gradient is each one's own. */
function learnClassifier(
  { classifier }: UffState,
  x: Tensor,
  latents: readonly Tensor[],
  { labels, progress }: Batch,
  h: UffHyper,
): { classifier: UffState['classifier']; metrics: Metrics } {
  const { readOuts, optimizer } = classifier
  const scores = scoresOf(readOuts, x, latents, h)
  const lossOf = (said: Tensor): Tensor =>
    (h.loss === 'squared' ? squaredError(said, oneHot(labels, said.shape[1]!)) : crossEntropy(said, labels)).mean()
  const loss = lossOf(scores.all)
  const gradients = grad(
    [scores.pixels, ...scores.latents].reduce((sum, said) => sum.add(lossOf(said)), loss),
    leaves(readOuts).map(([, p]) => p),
  )
  const rate = SCHEDULES[h.schedule](progress).mul(h.classifierRate)
  const [next, state] = classifierOptimizer(h).update(readOuts, gradients, optimizer, rate)
  const accuracy = argmax(scores.all).equal(labels).cast('float32').mean()
  return {
    classifier: { readOuts: next, optimizer: state },
    metrics: { 'classifier.loss': loss, 'classifier.accuracy': accuracy },
  }
}

function jointStep(task: Task, h: UffHyper): Step<UffState> {
  const cells = cellsOf(task, h)
  return (state, batch) => {
    const own = cells.map((cell, i) => learnable(cell, i, batch))
    const learned = learnJointly(own, state, batch.x, cellOptimizer(h), cellRate(h, batch.progress.div(h.cellsUntil)))
    const read = learnClassifier(state, batch.x, learned.outputs, batch, h)
    return [
      { ...learned.stack, classifier: read.classifier },
      { ...learned.metrics, ...read.metrics },
    ]
  }
}

/** The classifier learns from cells that stand still. */
function classifierStep(task: Task, h: UffHyper): Step<UffState> {
  const cells = cellsOf(task, h)
  return (state, batch) => {
    const read = learnClassifier(state, batch.x, latentsOf(cells, state.layers, batch.x), batch, h)
    return [{ ...state, classifier: read.classifier }, read.metrics]
  }
}

function refuseUntrained(h: UffHyper): void {
  if (h.untrained)
    throw new UserError('greedy training of uff has nothing to do for untrained cells: choose the schedule joint', {
      exitCode: 2,
    })
}

/** What cell `layer` reads; behind the last cell the classifier's features, image and latents in one row [N, D]. */
function features(state: UffState, x: Tensor, layer: number, task: Task, h: UffHyper): Tensor {
  refuseUntrained(h)
  const cells = cellsOf(task, h)
  const latents = latentsOf(cells.slice(0, layer), state.layers, x)
  return layer < cells.length ? (latents.at(-1) ?? x) : concat([x, ...latents].map(flat), 1)
}

function greedyStep(layer: number, task: Task, h: UffHyper): Step<UffState> {
  refuseUntrained(h)
  const cells = cellsOf(task, h)
  const cell = cells[layer]
  return (state, batch) => {
    if (!cell) {
      const shapes = [task.shape, ...cells.map(({ outputShape }) => outputShape)]
      let start = 0
      const [x, ...latents] = shapes.map((shape) => {
        const part = batch.x.slice(1, start, start + sizeOf(shape)).reshape([-1, ...shape])
        start += sizeOf(shape)
        return part
      })
      const read = learnClassifier(state, x!, latents, batch, h)
      return [{ ...state, classifier: read.classifier }, read.metrics]
    }
    const own = learnable(cell, layer, batch)
    const learned = learnLayer(own, layer, state, batch.x, cellOptimizer(h), cellRate(h, batch.progress))
    return [{ ...state, ...learned.stack }, learned.metrics]
  }
}

export const uff: Rule<UffHyper, UffState> = {
  id: 'uff',
  title: 'Unsupervised Forward-Forward',
  summary: 'each layer is an unsupervised cell; a linear classifier reads the latents of all of them',
  paper: { authors: 'Hwang, Seo, Jung', year: 2024, title: 'Unsupervised Forward-Forward', arxiv: '2404.14664' },
  source: 'reconstructed',
  reconstructed: [
    'everything but the abstract: sizes, number of cells, rates, epochs, noise',
    'the variational cell is ours; the adversarial cell of the paper is left for later',
    'tied weights, sparse codes, unpooling by places',
    'the first cell reconstructs pixels by a cross-entropy, the others by squared error',
    'layer normalisation in front of the classifier',
    'cells reconstruct the latent below as it is, not normalised',
    'the classifier is one softmax layer',
  ],
  hyper,
  training: { epochs: 8, batch: 100 },
  presets: {
    quick: {
      description: 'two dense auto-encoders on glyphs',
      hyper: { units: [500, 500] },
      train: { epochs: 8, batch: 50 },
    },
    dense: {
      description: 'two dense auto-encoders of 2000 and 1000 units with sparse codes',
      hyper: { units: [2000, 1000], sparsity: 1.2, classifierRate: 0.003 },
      train: { epochs: 8, batch: 250 },
    },
    denoising: {
      description: 'two dense denoising auto-encoders of 2000 and 1000 units, half of their input masked',
      hyper: { cell: 'denoising', units: [2000, 1000], classifierRate: 0.003 },
      train: { epochs: 8, batch: 250 },
    },
    convolutional: {
      description: 'two convolutional auto-encoders of 32 channels, 5x5, with sparse codes and 2x2 max-pooling',
      hyper: {
        network: 'convolutional',
        units: [32, 32],
        sparsity: 1,
        rate: 0.0005,
        cellsUntil: 0.125,
        classifierRate: 0.002,
        classifierWeightDecay: 1,
      },
      train: { epochs: 8, batch: 100 },
    },
    variational: {
      description: 'two dense variational cells (ours) with a hidden layer of 500 each',
      hyper: { cell: 'variational', units: [64, 64], hidden: [500] },
      train: { epochs: 10, batch: 250 },
    },
  },

  locality: (_, h) => ({
    blocks: [
      ...h.units.map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] })),
      { name: 'classifier', parameters: ['classifier.readOuts'] },
    ],
    promise: { local: true, window: 1, labels: ['none', 'loss'] },
  }),

  init(random, task, h) {
    const cells = cellsOf(task, h)
    const layers = cells.map((cell, i) => cell.init(random, `layers.${i}`))
    const sizes = cells.map(({ outputShape }) => sizeOf(outputShape))
    // A linear map with a convex loss: where it starts does not matter.
    const readOut = (inputs: number): Dense => ({ weight: zeros([inputs, task.classes]), bias: zeros([task.classes]) })
    const readOuts = {
      pixels: readOut(sizeOf(task.shape)),
      latents: sizes.map(readOut),
      all: readOut(sizes.reduce((a, b) => a + b)),
    }
    return {
      layers,
      optimizers: layers.map((p) => cellOptimizer(h).init(p)),
      buffers: layers.map(() => ({})),
      classifier: { readOuts, optimizer: classifierOptimizer(h).init(readOuts) },
    }
  },

  steps: (task, h) => ({
    ...(!h.untrained && { joint: jointStep(task, h) }),
    ...((h.untrained || h.cellsUntil < 1) && { classifier: classifierStep(task, h) }),
  }),

  schedule: (_, __, h, progress) => [h.untrained || progress >= h.cellsUntil ? 'classifier' : 'joint'],

  probabilities: () => true,

  predict({ layers, classifier }, x, task, h) {
    const { pixels, latents, all } = scoresOf(classifier.readOuts, x, latentsOf(cellsOf(task, h), layers, x), h)
    const each = latents.map((scores, i): [string, Tensor] => [`layers.${i}`, scores])
    return { scores: all, layers: { pixels, ...Object.fromEntries(each) } }
  },

  figures: {
    reconstruction: 'mean squared error of what a cell reads, decoded from its latent; small is good',
    divergence: 'of the latents of a variational cell from their prior, in nats',
  },

  assess({ layers }, { x }, task, h) {
    const cells = cellsOf(task, h)
    const latents = latentsOf(cells, layers, x)
    const figures: Record<string, Tensor> = {}
    for (const [i, cell] of cells.entries()) {
      const input = i === 0 ? x : latents[i - 1]!
      const decoded = cell.decode(layers[i]!, latents[i]!, cell.places?.(layers[i]!, input))
      figures[`layers.${i}.reconstruction`] = meanSquaredError(decoded, input.reshape(decoded.shape))
      if (cell.divergence) figures[`layers.${i}.divergence`] = cell.divergence(layers[i]!, input)
    }
    return figures
  },

  pictures: uffPictures,

  greedy: {
    layers: (_, h) => h.units.length + 1,
    objective: (layer, h) => (layer < h.units.length ? `layers.${layer}.reconstruction` : undefined),
    features,
    step: greedyStep,
  },
}
