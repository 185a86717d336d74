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
import { argmax, averagePool2d, concat, softmax, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { batchNorm, batchNormInference, type Statistics, statistics } from '../../nn/batch-norm.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import { cosineEmbedding, crossEntropy, meanSquaredError, supervisedContrast } from '../../nn/losses.js'
import { adam } from '../../nn/optimizers.js'
import { SCHEDULES } from '../../nn/schedules.js'
import { mapTree } from '../../nn/tree.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import type { Batch, Rule } from '../contract.js'
import type { Head, LocalLayer, Passed, Stack } from '../layerwise/design.js'
import { type Given, layerwise } from '../layerwise/layerwise.js'
import { passUp } from '../layerwise/pass.js'
import { classesOf } from '../task.js'
import { type CellDesign, type Latents, type VaeCell, vaeCell } from './cell.js'
import { beside, halves, type Mirrored, mirror, sum } from './mirror.js'
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

/** The cells of one network, from below. */
function designsOf({ task: { input, precision }, hyper: h }: Given<VaeLayerHyper>): CellDesign[] {
  const designs: CellDesign[] = []
  for (const [i, units] of h.units.entries()) {
    const inputShape = designs[i - 1]?.latentShape ?? input.shape
    const latents = h.latents[i] ?? h.latents.at(-1)!
    const kernel = h.network === 'convolutional' ? h.kernel : undefined
    designs.push(vaeCell({ inputShape, isVariational: h.cell === 'vae', units, latents, kernel, precision }))
  }
  return designs
}

interface Made extends Passed<Statistics> {
  readonly latents: Mirrored<Latents>
  readonly z: Mirrored<Tensor>
}

/** The two cells of a layer. They read, and put out, the channels of A and B side by side. */
function cellsOf(design: CellDesign, h: VaeLayerHyper): LocalLayer<Mirrored<VaeCell>, Statistics, unknown, Made> {
  return {
    init: (random, name) => mirror((side) => design.init(random, `${name}.${side}`)),
    running: statistics(2 * design.latentShape[0]!),
    forward(p, input, { training, running, random }) {
      const x = halves(input)
      const latents = mirror((side) => {
        const { encoder } = p[side]
        return design.encode(h.encoders === 'random' ? mapTree(encoder, (w) => w.stopGradient()) : encoder, x[side])
      })
      const means = mirror((side) => latents[side].mean)
      const z = training && h.cell === 'vae' ? sampled(latents, random.normal('epsilon', means.a.shape)) : means
      const up = beside((side) => z[side])
      if (!training) return { output: batchNormInference(up, running), latents, z }
      const { output, next } = batchNorm(up, running)
      return { output, running: next, latents, z }
    },
    loss({ parameters, input, made, batch: { target, progress } }) {
      const { error, kl } = termsOf(design, parameters, input, made)
      const terms = [error.mean()]
      const metrics: Record<string, Tensor> = { reconstruction: error.mean().mul(0.5) }
      if (kl) {
        metrics.kl = kl.mean().mul(0.5)
        terms.push(kl.mean().mul(progress.div(KL_WARMUP).minimum(1).mul(h.beta)))
      }
      if (h.contrast > 0) {
        metrics.contrast = contrastOf(made.z, target, h)
        terms.push(metrics.contrast.mul(h.contrast))
      }
      return { loss: terms.reduce((a, b) => a.add(b)), metrics }
    },
  }
}

/** z = mu + exp(log v / 2) eps. One draw serves both networks: B takes it rolled by one row. */
function sampled({ a, b }: Mirrored<Latents>, noise: Tensor): Mirrored<Tensor> {
  const n = noise.shape[0]!
  const rolled = n === 1 ? noise : concat([noise.slice(0, 1, n), noise.slice(0, 0, 1)], 0)
  return { a: gaussianSample(a.mean, a.logVariance!, noise), b: gaussianSample(b.mean, b.logVariance!, rolled) }
}

/** Of each sample, [N], the sums over A and B of the reconstruction's error and of the KL divergence. */
function termsOf(design: CellDesign, p: Mirrored<VaeCell>, input: Tensor, { z, latents }: Made) {
  const x = halves(input)
  const error = sum((side) => meanSquaredError(design.decode(p[side].decoder, z[side]), x[side]))
  const isVariational = latents.a.logVariance !== undefined
  const kl = isVariational && sum((side) => gaussianDivergence(latents[side].mean, latents[side].logVariance!))
  return { error, ...(kl && { kl }) }
}

/** Of all pairs of a row of A and one of B, standardised, since raw latents have a direction in common. */
function contrastOf(z: Mirrored<Tensor>, labels: Tensor, { contrastLoss }: VaeLayerHyper): Tensor {
  const { a, b } = mirror((side) => {
    const own = rows(z[side], CONTRAST_PLACES)
    return batchNorm(own, statistics(own.shape[1]!)).output
  })
  const alike = labels.reshape([-1, 1]).equal(labels.reshape([1, -1]))
  return contrastLoss === 'cosine-embedding'
    ? cosineEmbedding(a, b, alike)
    : supervisedContrast(a, b, alike, TEMPERATURE)
}

/** The output layer of each network. Their input is what all of A's cells hand up, then what all of B's do. */
function outputLayers({ task, hyper: h }: Given<VaeLayerHyper>, designs: readonly CellDesign[]): Head<Mirrored<Dense>> {
  const rowOf = (latents: readonly Tensor[]): Tensor =>
    concat(
      latents.map((y) => rows(y, OUTPUT_PLACES)),
      1,
    )
  const scoresOf = (p: Mirrored<Dense>, input: Tensor): Mirrored<Tensor> => {
    const own = halves(input)
    return mirror((side) => affine(p[side], own[side]))
  }
  return {
    name: 'output layers',
    init(random) {
      const inputs = rowOf(designs.map(({ latentShape }) => zeros([1, ...latentShape]))).shape[1]!
      return mirror((side) => dense(random, `output.${side}`, inputs, classesOf(task), 'fan-in'))
    },
    read({ outputs }) {
      const each = outputs.map((y) => halves(y))
      return beside((side) => rowOf(each.map((own) => own[side])))
    },
    loss({ parameters, input, batch: { target } }) {
      const scores = scoresOf(parameters, input)
      const loss = sum((side) => crossEntropy(scores[side], target).mean())
      const right = sum((side) => argmax(scores[side]).equal(target).cast('float32').mean())
      return { loss, metrics: { loss: loss.mul(0.5), accuracy: right.mul(0.5) } }
    },
    predict(parameters, input) {
      const scores = scoresOf(parameters, input)
      const says = mirror((side) => softmax(scores[side]))
      const log = (p: Tensor): Tensor => p.maximum(1e-30).log()
      const whole = sum((side) => says[side]).mul(0.5)
      return { scores: log(whole), parts: { 'network a': log(says.a), 'network b': log(says.b) } }
    },
    rate: (progress) => SCHEDULES[h.schedule](progress).mul(h.outputRate),
  }
}

const twice = (x: Tensor): { x: Tensor } => ({ x: beside(() => x) })

function designOf(given: Given<VaeLayerHyper>) {
  const { hyper: h } = given
  const designs = designsOf(given)
  return {
    layers: designs.map((design) => cellsOf(design, h)),
    head: outputLayers(given, designs),
    optimizer: adam(),
    rate: (progress: Tensor) => SCHEDULES[h.schedule](progress).mul(h.rate),
    input: { training: ({ x }: Batch) => twice(x), use: twice },
    greedy: 'VAE layers learn in a single stage: choose the order joint',
  }
}

/** What the cells of a network in use make of images. */
const inUse = (given: Given<VaeLayerHyper>, state: VaeLayerState, x: Tensor) =>
  passUp(designOf(given).layers, state, twice(x)).map(({ input, made }) => ({ input, made: made as Made }))

export const vaeLayer: Rule<VaeLayerHyper, VaeLayerState> = {
  id: 'vae-layer',
  title: 'VAE layers',
  summary: 'variational auto-encoders as layers of two mirrored classifiers, which a local contrast ties together',
  paper: {
    authors: 'Gananath',
    year: 2026,
    title: 'Variational Autoencoder Layer',
    arxiv: '2606.25900',
  },
  source: 'reconstructed',
  reconstructed: [
    "the paper's data set is unnamed: MNIST and CIFAR-10 are ours",
    'widths of the cells, sizes of the latents, convolutional cells',
    'the losses and their weights: reconstruction, KL divergence and its warm-up, contrast',
    'contrastLoss=supervised-contrastive, which the presets for CIFAR-10 take, is ours',
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
    const designs = designsOf({ task, hyper })
    const passes = inUse({ task, hyper }, state, x)
    const blocks = passes.map(({ input, made }, i) => {
      const { error, kl } = termsOf(designs[i]!, state.layers[i]!, input, made)
      return [`layer ${i}`, { reconstruction: error.mul(0.5), ...(kl && { kl: kl.mul(0.5) }) }]
    })
    const { z } = passes.at(-1)!.made
    const pixels = sum((side) => meanSquaredError(decodeToPixels(designs, state, side, z[side]), x)).mul(0.5)
    return { network: { pixels }, blocks: Object.fromEntries(blocks) }
  },

  pictures(task, hyper) {
    const latentsOf = (state: VaeLayerState, x: Tensor): Tensor[] =>
      inUse({ task, hyper }, state, x).map(({ made }) => made.z.a)
    return vaePictures(designsOf({ task, hyper }), latentsOf, hyper.cell === 'vae')
  },
}
