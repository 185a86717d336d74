/**
 * Variational auto-encoders as layers of a classifier: Gananath 2026, "Variational Autoencoder Layer" (arXiv
 * 2606.25900), trained by the improved Forward-Forward contrastive rule, IFFCL (Gananath 2024, arXiv 2405.03432).
 *
 * RECONSTRUCTED as a whole: of both papers only abstracts and digests could be read, and there is no public code. Known
 * are three VAE layers and a final layer, no gradient between layers, a single stage of training, and from IFFCL two
 * networks A and B of one architecture with different initial weights, whose corresponding layers share a contrastive
 * loss. The rest is the specification's or ours; docs/decisions/0008-vae-layer.md says why.
 *
 * Cell l of each network: e = relu(W_e x), mu = W_mu e, log v = W_v e, z = mu + exp(log v / 2) eps with eps ~ N(0, 1),
 * x^ = W_d2 relu(W_d1 z). A and B see the same batch, and their cells l learn together from
 *   L_l = sum over A, B of [mean_j (x^_j - sg(x)_j)^2 + beta KL(N(mu, v) || N(0, 1))] + lambda contrast(z_A, z_B),
 * where the contrast compares all pairs of a row of A and one of B: CosEmb = 1 - cos of the same class, max(0, cos) of
 * different ones (IFFCL), or the supervised contrastive loss (ours). The cells above get sg(z), standardised; in use
 * they get mu. The output layer of each network, softmax on the latents of all its cells, learns from the cross-entropy
 * of the labels. Prediction: the mean of both softmax outputs. Without contrast (lambda = 0) no cell reads a label.
 */
import { averagePool2d, concat, softmax, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { batchNorm, batchNormInference, type Statistics, statistics } from '../../nn/batch-norm.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { accuracy, cosineEmbedding, crossEntropy, meanSquaredError, supervisedContrast } from '../../nn/losses.js'
import { adam, stepSize } from '../../nn/optimizers.js'
import { mapTree } from '../../nn/tree.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import type { Batch, Rule } from '../contract.js'
import type { Fed, Head, LocalLayer, Passed, Stack } from '../layerwise/design.js'
import { type Given, layerwise } from '../layerwise/layerwise.js'
import { passUp } from '../layerwise/pass.js'
import { classesOf, imageShape } from '../task.js'
import { type VaeCell, vaeCell } from './cell.js'
import { beside, halves, type Mirrored, type MirroredCell, mirror, mirrored } from './mirror.js'
import { hyper, presets, type VaeLayerHyper } from './options.js'
import { decodeToPixels, vaePictures } from './pictures.js'

export type VaeLayerState = Stack<Mirrored<VaeCell>, Statistics, Mirrored<Dense>>

/** The part of the training in which the weight of the KL divergence rises from 0. */
const KL_WARMUP = 0.2
/** Of the supervised contrastive loss. */
const TEMPERATURE = 0.3
/** Maps are averaged to about so many places a side before the contrast, and before the output layers. */
const CONTRAST_PLACES = 2
const OUTPUT_PLACES = 4

/** A row of numbers for each sample, from latents that may be maps. */
function rows(z: Tensor, places: number): Tensor {
  const window = Math.floor(Math.min(...z.shape.slice(2)) / places)
  return flat(z.rank === 4 && window > 1 ? averagePool2d(z, window) : z)
}

/** The cells of both networks, from below. */
function cellsOf({ task: { input, precision }, hyper: h }: Given<VaeLayerHyper>): MirroredCell[] {
  const kernel = h.network === 'convolutional' ? h.kernel : undefined
  let inputShape = input.shape
  return h.units.map((units, i) => {
    const latents = h.latents[i] ?? h.latents.at(-1)!
    const cell = vaeCell(inputShape, { isVariational: h.cell === 'vae', units, latents, kernel, precision })
    inputShape = cell.latentShape
    return mirrored(cell)
  })
}

/** `error` and `kl` of each sample, [N], are the mean over A and B. */
type Made = Passed<Statistics> & { readonly z: Tensor; readonly error: Tensor; readonly kl?: Tensor }

function layerOf(cell: MirroredCell, h: VaeLayerHyper): LocalLayer<Mirrored<VaeCell>, Statistics, unknown, Made> {
  const isFrozen = (path: string): boolean => h.encoders === 'random' && path.includes('encoder')
  return {
    init: cell.init,
    running: statistics(cell.latentShape[0]!),
    forward(parameters, input, { training, running, random }) {
      const p = mapTree(parameters, (w, path) => (isFrozen(path) ? w.stopGradient() : w))
      const { mean, logVariance } = cell.encode(p, input)
      const epsilon = (): Tensor => rolled(random.normal('epsilon', halves(mean).a.shape))
      const z = training && logVariance ? gaussianSample(mean, logVariance, epsilon()) : mean
      const error = meanSquaredError(cell.decode(p, z), input)
      const kl = logVariance && gaussianDivergence(mean, logVariance).mul(0.5)
      const { output, next } = training
        ? batchNorm(z, running)
        : { output: batchNormInference(z, running), next: running }
      return { output, running: next, z, error, ...(kl && { kl }) }
    },
    loss({ made: { z, error, kl }, batch: { target, progress } }) {
      const metrics: Record<string, Tensor> = { reconstruction: error.mean() }
      let loss = metrics.reconstruction!.mul(2)
      if (kl) {
        metrics.kl = kl.mean()
        loss = loss.add(metrics.kl.mul(2).mul(progress.div(KL_WARMUP).minimum(1).mul(h.beta)))
      }
      if (h.contrast > 0) {
        metrics.contrast = contrastOf(z, target, h)
        loss = loss.add(metrics.contrast.mul(h.contrast))
      }
      return { loss, metrics }
    },
  }
}

/** One draw serves both networks: B takes A's, rolled by one row. */
function rolled(noise: Tensor): Tensor {
  const n = noise.shape[0]!
  return beside({ a: noise, b: n === 1 ? noise : concat([noise.slice(0, 1, n), noise.slice(0, 0, 1)], 0) })
}

/** Of all pairs of a row of A and one of B, standardised, since raw latents have a direction in common. */
function contrastOf(z: Tensor, labels: Tensor, { contrastLoss }: VaeLayerHyper): Tensor {
  const both = rows(z, CONTRAST_PLACES)
  const { a, b } = halves(batchNorm(both, statistics(both.shape[1]!)).output)
  const alike = labels.reshape([-1, 1]).equal(labels.reshape([1, -1]))
  return contrastLoss === 'cosine-embedding'
    ? cosineEmbedding(a, b, alike)
    : supervisedContrast(a, b, alike, TEMPERATURE)
}

/** The output layer of each network. Their input is what all of A's cells hand up, then what all of B's do. */
function outputLayers({ task, hyper: h }: Given<VaeLayerHyper>, cells: readonly MirroredCell[]): Head<Mirrored<Dense>> {
  const sizes = cells.map(({ latentShape }) => rows(zeros([1, ...latentShape]), OUTPUT_PLACES).size / 2)
  const inputs = sizes.reduce((a, b) => a + b)
  const scoresOf = (p: Mirrored<Dense>, input: Tensor): Mirrored<Tensor> =>
    mirror((side) => affine(p[side], halves(input)[side]))
  const half = (of: Mirrored<Tensor>): Tensor => of.a.add(of.b).mul(0.5)
  return {
    name: 'output layers',
    init: (random) => mirror((side) => dense(random, `output.${side}`, inputs, classesOf(task), 'fan-in')),
    read({ outputs }) {
      const each = outputs.map((y) => halves(rows(y, OUTPUT_PLACES)))
      return concat([...each.map(({ a }) => a), ...each.map(({ b }) => b)], 1)
    },
    loss({ parameters, input, batch: { target } }) {
      const scores = scoresOf(parameters, input)
      const loss = half(mirror((side) => crossEntropy(scores[side], target).mean()))
      return { loss: loss.mul(2), metrics: { loss, accuracy: half(mirror((side) => accuracy(scores[side], target))) } }
    },
    predict(parameters, input) {
      const scores = scoresOf(parameters, input)
      const says = mirror((side) => softmax(scores[side]))
      const log = (p: Tensor): Tensor => p.maximum(1e-30).log()
      return { scores: log(half(says)), parts: { 'network a': log(says.a), 'network b': log(says.b) } }
    },
    rate: (progress) => stepSize({ ...h, rate: h.outputRate }, progress),
  }
}

const twice = (x: Tensor): Fed => ({ x: beside({ a: x, b: x }) })

function designOf(given: Given<VaeLayerHyper>) {
  const cells = cellsOf(given)
  return {
    layers: cells.map((cell) => layerOf(cell, given.hyper)),
    head: outputLayers(given, cells),
    optimizer: adam(),
    rate: (progress: Tensor) => stepSize(given.hyper, progress),
    input: { training: ({ x }: Batch) => twice(x), use: twice },
    greedy: 'VAE layers learn in a single stage: choose the order joint',
  }
}

export const vaeLayer: Rule<VaeLayerHyper, VaeLayerState> = {
  id: 'vae-layer',
  title: 'VAE layers',
  summary: 'variational auto-encoders as layers of two mirrored classifiers, which a local contrast ties together',
  paper: { authors: 'Gananath', year: 2026, title: 'Variational Autoencoder Layer', arxiv: '2606.25900' },
  source: 'reconstructed',
  reconstructed: [
    "the paper's data set is unnamed: MNIST and CIFAR-10 are ours",
    'widths of the cells, sizes of the latents, convolutional cells',
    'the losses and their weights: reconstruction, KL divergence and its warm-up, contrast',
    'the supervised contrastive loss, which the presets for CIFAR-10 take, is ours',
    'which images the two networks see, and which pairs are compared',
    'standardised latents between cells, and what the output layers read',
    'optimiser, step sizes and their schedule, batch, epochs',
  ],
  hyper,
  training: { epochs: 10, batch: 100 },
  presets,

  ...layerwise(designOf),
  probabilities: () => true,

  figures: {
    reconstruction: 'mean squared error of what a cell reads, decoded from its latent; small is good',
    kl: 'divergence of the latents of a cell from their prior, in nats',
    pixels: 'mean squared error of images decoded from the latent of the last cell down to pixels; small is good',
  },

  assess(state, { x }, task, hyper) {
    const given = { task, hyper }
    const passes = passUp(designOf(given).layers, state, twice(x))
    const blocks = passes.map(({ made: { error, kl } }, i) => [
      `layer ${i}`,
      { reconstruction: error, ...(kl && { kl }) },
    ])
    const pixels = meanSquaredError(decodeToPixels(cellsOf(given), state, passes.at(-1)!.made.z), twice(x).x)
    return { network: { pixels }, blocks: Object.fromEntries(blocks) }
  },

  pictures(task, hyper) {
    const given = { task, hyper }
    const latentsOf = (state: VaeLayerState, x: Tensor): Tensor[] =>
      passUp(designOf(given).layers, state, twice(x)).map(({ made }) => made.z)
    return vaePictures(cellsOf(given), imageShape(task), latentsOf, hyper.cell === 'vae')
  },
}
