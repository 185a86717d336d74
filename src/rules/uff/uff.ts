/**
 * Unsupervised Forward-Forward (UFF): Hwang, Seo, Jung 2024, "Employing Layerwised Unsupervised Learning to Lessen Data
 * and Loss Requirements in Forward-Forward Algorithms" (arXiv 2404.14664).
 *
 * Every layer is an unsupervised cell, an encoder E and a decoder D, with a loss of its own on what the cell below
 * handed up, and a classifier reads the latents of all cells (LN: layer normalisation):
 *   z_l = E_l(LN(z_{l-1})), z_0 = x,   L_l = ||D_l(z_l) - z_{l-1}||^2,   softmax(W [LN(z_1), ..., LN(z_L)] + b).
 * No gradient crosses a cell, none enters the cells from the classifier, and no label reaches a cell. AdamW.
 *
 * RECONSTRUCTED: only the abstract was available. It names auto-encoder, denoising, convolutional and adversarial
 * (GAN) cells, layer normalisation between cells, the concatenated latents, AdamW, and training together or apart.
 * `reconstructed` below lists what is ours; docs/decisions/0009-uff.md says why.
 *
 * Controls: the same linear map is trained on every latent alone and on the pixels, beside the classifier, and makes
 * the parts of a prediction; cells with cellsUntil=0 keep their first weights.
 */
import { z } from 'zod'
import { outputCount } from '../../data/dataset.js'
import { concat, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { affine, type Dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { layerNorm } from '../../nn/layer-norm.js'
import { meanSquaredError } from '../../nn/losses.js'
import { hiddenLayers, networkOptions } from '../../nn/network.js'
import { adam, optimizerOptions, stepSize } from '../../nn/optimizers.js'
import { targetKind } from '../../targets/index.js'
import type { ReadOut, Rule, Task } from '../contract.js'
import type { Head } from '../layerwise/design.js'
import { type Given, layerwise } from '../layerwise/layerwise.js'
import { passUp } from '../layerwise/pass.js'
import { DECODE, ENCODE, LEARN, SAMPLE } from '../phases.js'
import { autoencoder } from './autoencoder.js'
import { type Cell, LATENTS, NUMBERS, PIXELS, type UffState } from './cell.js'
import { uffGenerator, uffPictures } from './pictures.js'
import { variational } from './variational.js'

const hyper = z
  .strictObject({
    ...networkOptions,
    network: networkOptions.network.default('dense'),
    units: networkOptions.units.default([500, 500]),
    kernel: networkOptions.kernel.default(5),
    poolAfter: networkOptions.poolAfter.default([0, 1]),
    cell: z
      .enum(['auto-encoder', 'denoising', 'variational'])
      .default('auto-encoder')
      .describe('what each layer is (paper; the variational cell, which is dense, is ours)'),
    masked: z
      .number()
      .min(0)
      .lt(1)
      .default(0.5)
      .meta({ onlyWith: { cell: 'denoising' } })
      .describe('part of the input hidden from denoising cells (ours)'),
    hidden: z
      .int()
      .min(1)
      .default(500)
      .meta({ onlyWith: { cell: 'variational' } })
      .describe('units of the hidden layer of a variational cell (ours)'),
    sparsity: z
      .number()
      .optional()
      .meta({ onlyWith: { cell: ['auto-encoder', 'denoising'] } })
      .describe('learn from activities so many deviations above their mean (ours)'),
    rate: z
      .number()
      .positive()
      .default(0.001)
      .meta({ search: { low: 1e-4, high: 0.03, log: true } })
      .describe('step size of the cells (ours)'),
    cellsUntil: z.number().min(0).max(1).default(1).describe('part of the training in which cells learn (ours)'),
    readOut: z
      .enum(['trained', 'solved'])
      .default('trained')
      .describe('the classifier: by gradient descent, or after the last epoch exactly, by ridge regression (ours)'),
    lambda: z
      .number()
      .min(0)
      .default(1)
      .meta({ onlyWith: { readOut: 'solved' } })
      .describe('penalty of the solved classifier (ours)'),
    classifierRate: z
      .number()
      .positive()
      .default(0.001)
      .meta({ search: { low: 1e-4, high: 0.03, log: true } })
      .describe('step size of the classifier (ours)'),
    classifierWeightDecay: z
      .number()
      .min(0)
      .default(0.01)
      .meta({ search: { choices: [0, 0.01, 0.1, 1] } })
      .describe("AdamW's, of the classifier (PyTorch's default)"),
    schedule: optimizerOptions.schedule.describe('of all step sizes (ours)'),
  })
  .refine(({ cell, network }) => cell !== 'variational' || network === 'dense', {
    path: ['network'],
    message: 'expected dense, since variational cells have no convolutional form',
  })

export type UffHyper = z.infer<typeof hyper>

/** The cells of a network, from below. */
const cellsOf = ({ input, precision }: Task, h: UffHyper): Cell[] =>
  hiddenLayers(h, input.shape).map((layer, i) => {
    const own = { source: i > 0 ? LATENTS : input.levels ? PIXELS : NUMBERS, precision }
    if (h.cell === 'variational') return variational(layer, { ...own, hidden: h.hidden })
    return autoencoder(layer, { ...own, sparsity: h.sparsity, masked: h.cell === 'denoising' ? h.masked : 0 })
  })

/** [N, a], [N, b, ...] to [N, a + ...]: each with LN, side by side. */
const normalized = (each: readonly Tensor[]): Tensor =>
  concat(
    each.map((y) => flat(layerNorm(y))),
    1,
  )

/**
 * Linear maps of the normalised pixels, of every latent, and of all latents, the classifier. They share no parameter,
 * so each follows its own part of the sum of their losses.
 */
function classifierOf(task: Task, cells: readonly Cell[], h: UffHyper): Head<readonly Dense[]> {
  const sources: { name: string; from: number; to: number }[] = []
  for (const [i, shape] of [task.input.shape, ...cells.map(({ outputShape }) => outputShape)].entries()) {
    const from = sources[i - 1]?.to ?? 0
    sources.push({ name: i === 0 ? 'pixels' : `layer ${i - 1}`, from, to: from + sizeOf(shape) })
  }
  sources.push({ name: 'all', from: sources[0]!.to, to: sources.at(-1)!.to })
  const kind = targetKind(task.target)
  const count = outputCount(task.target)
  const scoresOf = (readOuts: readonly Dense[], row: Tensor): Tensor[] =>
    sources.map(({ from, to }, i) => affine(readOuts[i]!, row.slice(1, from, to)))
  return {
    name: 'classifier',
    // The losses are convex: where the maps start does not matter.
    init: () => sources.map(({ from, to }) => ({ weight: zeros([to - from, count]), bias: zeros([count]) })),
    read: ({ x, outputs }) => normalized([x, ...outputs]),
    loss({ parameters, input, batch: { target } }) {
      const said = scoresOf(parameters, input)
      const losses = said.map((scores) => kind.loss(scores, target).mean())
      const metrics = { loss: losses.at(-1)!, ...kind.metrics(said.at(-1)!, target) }
      return { loss: losses.reduce((a, b) => a.add(b)), metrics }
    },
    predict(parameters, input) {
      const said = scoresOf(parameters, input)
      const parts = Object.fromEntries(sources.slice(0, -1).map(({ name }, i) => [name, said[i]!]))
      return { scores: said.at(-1)!, parts }
    },
    optimizer: adam({ weightDecay: h.classifierWeightDecay }),
    rate: (progress) => stepSize({ ...h, rate: h.classifierRate }, progress),
  }
}

/** What a cell makes of its own code. */
const decoded =
  (cell: Cell): NonNullable<Cell['sights']> =>
  ({ parameters, output, made }) => [
    { phase: DECODE, what: 'reconstruction', values: cell.decode(parameters, output, made.places) },
  ]

const parts = layerwise(({ task, hyper: h }: Given<UffHyper>) => {
  const cells = cellsOf(task, h)
  return {
    layers: cells.map((cell) => ({ ...cell, sights: decoded(cell) })),
    sets: [ENCODE],
    head: classifierOf(task, cells, h),
    promise: { labels: ['none', 'loss'] },
    optimizer: adam({ weightDecay: 0.01 }),
    rate: (progress) => stepSize(h, progress.div(h.cellsUntil).minimum(1)),
    steps: {
      ...(h.cellsUntil > 0 && { joint: () => true }),
      ...(h.cellsUntil < 1 && { classifier: () => false }),
    },
    ...(h.cellsUntil === 0 && { greedy: 'cells never learn where cellsUntil is 0; choose joint training' }),
  }
})

/** The classifier, as it is solved: the last of the read-outs, which reads the latents of all cells. */
function solvedReadOut({ units, lambda }: UffHyper): ReadOut<UffHyper, UffState> {
  const place = `head.parameters.${units.length + 1}`
  return {
    ...{ weight: `${place}.weight`, bias: `${place}.bias` },
    features(state, x, task, h) {
      const latents = passUp(cellsOf(task, h), state, { x }).map(({ made }) => made.output)
      return normalized(latents).reshape([x.shape[0]!, 1, -1])
    },
    lambdas: () => [lambda],
  }
}

export const uff: Rule<UffHyper, UffState> = {
  id: 'uff',
  title: 'Unsupervised Forward-Forward',
  summary: 'each layer is an unsupervised cell; a linear classifier reads the latents of all of them',
  paper: {
    authors: 'Hwang, Seo, Jung',
    year: 2024,
    title:
      'Employing Layerwised Unsupervised Learning to Lessen Data and Loss Requirements in Forward-Forward Algorithms',
    arxiv: '2404.14664',
  },
  source: 'reconstructed',
  targets: ['class', 'labels', 'values'],
  reconstructed: [
    'everything but the abstract: sizes, number of cells, rates, epochs, noise',
    'tied weights, sparse codes, unpooling by places; the variational cell, in the place of the adversarial one',
    'the first cell reconstructs pixels by a cross-entropy, the others their input as it is by squared error',
    'the classifier is one softmax layer behind layer normalisation',
  ],
  hyper,
  training: { epochs: 8, batch: 100 },
  presets: {
    quick: { description: 'two dense auto-encoders on glyphs', hyper: {}, train: { epochs: 8, batch: 50 } },
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
    },
    variational: {
      description: 'two dense variational cells (ours) with a hidden layer of 500 each',
      hyper: { cell: 'variational', units: [64, 64] },
      train: { epochs: 10, batch: 250 },
    },
  },

  small: { hyper: { hidden: 4 } },
  ...parts,
  phases: ({ cell }) => [
    { name: ENCODE, says: 'Each cell turns what the cell below hands up into a code.', ways: ['input'] },
    ...(cell === 'variational'
      ? [{ name: SAMPLE, says: 'A code is drawn near the one that the cell expects.', ways: [] }]
      : []),
    { name: DECODE, says: 'Each cell decodes its code and compares that with its own input.', ways: [] },
    {
      name: LEARN,
      says: 'Each cell makes its own error smaller; a classifier, which alone sees labels, reads all codes.',
      ways: ['label'],
      learns: true,
    },
  ],
  schedule: (_, __, h, progress) => [progress >= h.cellsUntil ? 'classifier' : 'joint'],
  probabilities: ({ readOut }) => readOut === 'trained',
  /** Only the read-out sees labels: solved from sums over samples, it is the same however those are parted. */
  readOut: (h) => (h.readOut === 'solved' ? solvedReadOut(h) : undefined),

  divergence: 'divergence',
  figures: {
    reconstruction: 'mean squared error of what a cell reads, decoded from its latent; small is good',
    divergence: 'of the latents of a variational cell from their prior, in nats',
  },

  assess({ layers, running }, { x }, task, h) {
    const cells = cellsOf(task, h)
    const each = passUp(cells, { layers, running }, { x }).map(({ input, made: { output, places, divergence } }, i) => {
      const decoded = cells[i]!.decode(layers[i]!, output, places)
      const reconstruction = meanSquaredError(decoded, input.reshape(decoded.shape))
      return [`layer ${i}`, { reconstruction, ...(divergence && { divergence }) }]
    })
    return { blocks: Object.fromEntries(each) }
  },

  pictures: (task, h) => uffPictures(cellsOf(task, h), task, h.cell === 'variational'),

  generator: (task, h) =>
    uffGenerator(cellsOf(task, h), task, {
      hasPrior: h.cell === 'variational',
      isPooled: h.network === 'convolutional' && h.poolAfter.some((i) => i < h.units.length),
    }),

  greedy: {
    ...parts.greedy,
    objective: (layer, h) => (layer < h.units.length ? 'reconstruction' : undefined),
  },
}
