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
import type { Labels } from '../../certificate/certificate.js'
import { averagePool2d, concat, softmax, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { batchNorm, batchNormalized, type Statistics, statistics } from '../../nn/batch-norm.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { accuracy, cosineEmbedding, crossEntropy, meanSquaredError, supervisedContrast } from '../../nn/losses.js'
import { adam, stepSize } from '../../nn/optimizers.js'
import { mapTree } from '../../nn/tree.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import type { Batch, Rule, Task } from '../contract.js'
import type { Head, LocalLayer, Passed } from '../layerwise/design.js'
import { type Given, layerwise } from '../layerwise/layerwise.js'
import { passUp } from '../layerwise/pass.js'
import { DECODE, ENCODE, LEARN, SAMPLE } from '../phases.js'
import { classesOf, imageShape } from '../task.js'
import { type VaeCell, type VaeCells, type VaeLayerState, vaeCells } from './cell.js'
import { generatorOf } from './generator.js'
import { beside, halves, type Mirrored, mirror, twice } from './mirror.js'
import { hyper, presets, type VaeLayerHyper } from './options.js'
import { decodeToPixels, vaePictures } from './pictures.js'

/** The part of the training in which the weight of the KL divergence rises from 0. */
const KL_WARMUP = 0.2
const TEMPERATURE = 0.3 // of the supervised contrastive loss
/** Maps are averaged to about so many places a side before the contrast, and before the output layers. */
const CONTRAST_PLACES = 2
const OUTPUT_PLACES = 4

/** A row of numbers for each sample, from latents that may be maps. */
function rows(z: Tensor, places: number): Tensor {
  const window = Math.floor(Math.min(...z.shape.slice(2)) / places)
  return flat(z.rank === 4 && window > 1 ? averagePool2d(z, window) : z)
}

/** The cells of both networks, layer after layer from below. */
function cellsOf(given: Given<VaeLayerHyper>): VaeCells[] {
  const { units, latents } = given.hyper
  let shape = given.task.input.shape
  return units.map((own, i) => {
    const cells = vaeCells(shape, { units: own, latents: latents[i] ?? latents.at(-1)! }, given)
    shape = cells.latentShape
    return cells
  })
}

/** `figures`: of every sample, [N], the means over A and B. */
type Made = Passed<Statistics> & { readonly z: Tensor; readonly figures: { readonly [name: string]: Tensor } }

function layerOf(cells: VaeCells, h: VaeLayerHyper): LocalLayer<Mirrored<VaeCell>, Statistics, unknown, Made> {
  const isFrozen = (path: string): boolean => h.encoders === 'random' && path.includes('encoder')
  return {
    init: cells.init,
    running: statistics(2 * cells.latentShape[0]!),
    forward(parameters, input, { training, running, random }) {
      const p = mapTree(parameters, (w, path) => (isFrozen(path) ? w.stopGradient() : w))
      const { mean, logVariance } = cells.encode(p, input)
      const epsilon = (): Tensor => rolled(random.normal('epsilon', [input.shape[0]!, ...cells.latentShape]))
      const z = training && logVariance ? gaussianSample(mean, logVariance, epsilon()) : mean
      const reconstruction = meanSquaredError(cells.decode(p, z), input)
      const kl = logVariance && gaussianDivergence(mean, logVariance).mul(0.5)
      return { ...batchNormalized(z, { training, running }), z, figures: { reconstruction, ...(kl && { kl }) } }
    },
    sights: ({ parameters, made: { z } }) => [
      { phase: SAMPLE, what: 'code', values: z },
      { phase: DECODE, what: 'reconstruction', values: cells.decode(parameters, z) },
    ],
    loss({ made: { z, figures }, batch: { target, progress } }) {
      const [reconstruction, kl] = [figures.reconstruction!.mean(), figures.kl?.mean()]
      const contrast = h.contrast > 0 ? contrastOf(z, target, h) : undefined
      let loss = reconstruction.mul(2)
      if (kl) loss = loss.add(kl.mul(2).mul(progress.div(KL_WARMUP).minimum(1).mul(h.beta)))
      if (contrast) loss = loss.add(contrast.mul(h.contrast))
      return { loss, metrics: { reconstruction, ...(kl && { kl }), ...(contrast && { contrast }) } }
    },
  }
}

/** One draw serves both networks: B takes A's, rolled by one row. */
function rolled(noise: Tensor): Tensor {
  const n = noise.shape[0]!
  return beside({ a: noise, b: n === 1 ? noise : concat([noise.slice(0, 1, n), noise.slice(0, 0, 1)], 0) })
}

/** Of all pairs of a row of A and one of B, standardised, since raw latents have a direction in common. */
function contrastOf(z: Tensor, labels: Tensor, { contrastLoss: loss }: VaeLayerHyper): Tensor {
  const both = rows(z, CONTRAST_PLACES)
  const { a, b } = halves(batchNorm(both, statistics(both.shape[1]!)).output)
  const alike = labels.reshape([-1, 1]).equal(labels.reshape([1, -1]))
  return loss === 'cosine-embedding' ? cosineEmbedding(a, b, alike) : supervisedContrast(a, b, alike, TEMPERATURE)
}

/** The output layer of each network. Their input is what all of A's cells hand up, then what all of B's do. */
function outputLayers({ task, hyper: h }: Given<VaeLayerHyper>, cells: readonly VaeCells[]): Head<Mirrored<Dense>> {
  const inputs = cells.reduce((sum, { latentShape }) => sum + rows(zeros([1, ...latentShape]), OUTPUT_PLACES).size, 0)
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

function designOf(given: Given<VaeLayerHyper>) {
  const cells = cellsOf(given)
  const labels: Labels[] = given.hyper.contrast > 0 ? ['loss'] : ['none', 'loss']
  return {
    layers: cells.map((own) => layerOf(own, given.hyper)),
    head: outputLayers(given, cells),
    promise: { labels },
    sets: [ENCODE],
    optimizer: adam(),
    rate: (progress: Tensor) => stepSize(given.hyper, progress),
    input: { training: ({ x }: Batch) => ({ x: twice(x) }), use: (x: Tensor) => ({ x: twice(x) }) },
    greedy: 'the layers of vae-layer learn in a single stage; choose joint training',
  }
}

/** What each cell makes of images, without noise. */
const latentsOf = (task: Task, hyper: VaeLayerHyper) => {
  const { layers } = designOf({ task, hyper })
  return (state: VaeLayerState, x: Tensor): Tensor[] => passUp(layers, state, { x: twice(x) }).map(({ made }) => made.z)
}

export const vaeLayer: Rule<VaeLayerHyper, VaeLayerState> = {
  id: 'vae-layer',
  title: 'VAE layers',
  summary: 'variational auto-encoders as layers of two mirrored classifiers, which a local contrast ties together',
  paper: { authors: 'Gananath', year: 2026, title: 'Variational Autoencoder Layer', arxiv: '2606.25900' },
  source: 'reconstructed',
  reconstructed: [
    "data (the paper's is unnamed), widths of the cells, sizes of the latents, convolutional cells",
    'the losses and their weights: reconstruction, KL divergence and its warm-up, contrast',
    'the supervised contrastive loss, which the presets for CIFAR-10 take, is ours',
    'which images the two networks see, and which pairs are compared',
    'standardised latents between cells; what the output layers read; optimiser, step sizes, batch, epochs',
  ],
  hyper,
  training: { epochs: 10, batch: 100 },
  small: { hyper: { latents: [4, 3] } },
  presets,

  ...layerwise(designOf),
  phases: ({ cell, contrast }) => [
    { name: ENCODE, says: 'Each cell turns what the cell below hands up into a short code.', ways: ['input'] },
    {
      name: SAMPLE,
      says: cell === 'vae' ? 'A code is drawn near the one that the cell expects.' : 'The code is taken as it is.',
      ways: [],
    },
    { name: DECODE, says: 'Each cell decodes its code and compares that with its own input.', ways: [] },
    {
      name: LEARN,
      says: `Each cell makes its own error smaller${contrast > 0 ? ', and codes of one class more alike than others' : ''}.`,
      ways: contrast > 0 ? ['label'] : [],
      learns: true,
    },
  ],
  probabilities: () => true,

  divergence: 'kl',
  figures: {
    reconstruction: 'mean squared error of what a cell reads, decoded from its latent; small is good',
    kl: 'divergence of the latents of a cell from their prior, in nats',
    pixels: 'mean squared error of images decoded from the latent of the last cell down to pixels; small is good',
  },

  assess(state, { x }, task, hyper) {
    const given = { task, hyper }
    const passes = passUp(designOf(given).layers, state, { x: twice(x) })
    const each = passes.map(({ made }, i) => [`layer ${i}`, made.figures])
    const pixels = meanSquaredError(decodeToPixels(cellsOf(given), state, passes.at(-1)!.made.z), twice(x))
    return { network: { pixels }, blocks: Object.fromEntries(each) }
  },

  pictures: (task, hyper) =>
    vaePictures(cellsOf({ task, hyper }), imageShape(task), latentsOf(task, hyper), hyper.cell === 'vae'),

  generator: (task, hyper) => generatorOf(cellsOf({ task, hyper }), task, hyper, latentsOf(task, hyper)),
}
