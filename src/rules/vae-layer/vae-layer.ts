/**
 * Variational auto-encoders as layers of a classifier: Gananath 2026, "Variational Autoencoder Layer" (arXiv
 * 2606.25900), trained by the improved Forward-Forward contrastive rule, IFFCL (Gananath 2024, arXiv 2405.03432).
 *
 * Reconstructed as a whole: of both papers only abstracts and digests could be read, and there is no public code. Known
 * are three VAE layers and a final layer, no gradient between layers, a single stage of training, and from IFFCL two
 * networks A and B of one architecture with different initial weights, whose corresponding layers share a contrastive
 * loss. The rest is specification 5.3's and ours:
 *
 * Cell l of each network: e = relu(W_e x), mu = W_mu e, log v = W_v e, z = mu + exp(log v / 2) eps with eps ~ N(0, 1),
 * x^ = W_d2 relu(W_d1 z). A sees the images of the batch, B their partners, half of the same class, half of another.
 * The two cells l learn together from
 *   L_l = sum over A, B of [mean_j (x^_j - sg(x)_j)^2 + beta KL(N(mu, v) || N(0, 1))] + lambda CosEmb(z_A, z_B, alike),
 * CosEmb = 1 - cos of the same class, max(0, cos) of different ones. The cells above get sg(z), standardised; in use
 * they get mu. The output layer of each network, softmax on the latents, learns from the cross-entropy of its own
 * labels. Prediction: the mean of both softmax outputs.
 *
 * Ours: biases; the initial bias -4 of log v; latents standardised over the batch for the contrast too, since raw ones
 * have a common direction that makes every cosine alike; the output layer reads all cells' latents (option `readout`);
 * convolutional cells, their maps averaged before the contrast and before the output layer (`contrastPlaces`,
 * `readoutPlaces`); the contrast of all pairs of a batch (`pairs=all`), for which B sees the batch itself, and in place of
 * the cosine embedding loss the supervised contrastive one (`contrastLoss`), which is not IFFCL's. Without contrast B sees
 * the batch itself as well, and no cell reads a label.
 *
 * What was seen, and by which commands: docs/decisions/0008-vae-layer.md.
 *
 * The control `random-encoder` keeps all encoders as they began; decoders and output layers learn. Its strongest form
 * has no noise: cell=ae.
 */

import { UserError } from '../../errors.js'
import { argmax, averagePool2d, concat, constant, grad, softmax, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { batchNorm, type Statistics, statistics } from '../../nn/batch-norm.js'
import { affine, type Dense, dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import {
  cosineEmbedding,
  cosineEmbeddingOfAll,
  crossEntropy,
  meanSquaredError,
  supervisedContrast,
} from '../../nn/losses.js'
import { adam, type Optimizer } from '../../nn/optimizers.js'
import { classPairs } from '../../nn/pairs.js'
import { SCHEDULES } from '../../nn/schedules.js'
import { leaves, mapTree, type Tree } from '../../nn/tree.js'
import { type CellDesign, cellDesigns, type Encoder, type Latents, type VaeCell } from '../../nn/vae-cell.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import type { Assessment, Batch, Metrics, Rule, Step, Task } from '../contract.js'
import { type Cell, learnJointly, type Stack } from '../layerwise.js'
import { hyper, presets, type VaeLayerHyper } from './options.js'
import { vaePictures } from './pictures.js'
import { climb, descend, type VaeStack } from './stack.js'

/** Two networks of one architecture. */
export type Mirrored<T extends Tree> = { readonly a: T; readonly b: T }

export type VaeLayerState = Stack<Mirrored<VaeCell>> & {
  readonly output: { readonly layers: Mirrored<Dense>; readonly optimizer: Tree }
}

const SIDES = ['a', 'b'] as const
type Side = (typeof SIDES)[number]

const mirror = <T extends Tree>(make: (side: Side) => T): Mirrored<T> => ({ a: make('a'), b: make('b') })

/** Throws a UserError where an option names more cells than there are, or pairs that the contrast cannot use. */
function designsOf(task: Task, h: VaeLayerHyper): CellDesign[] {
  for (const name of ['latents', 'strides'] as const)
    if (h[name].length > h.units.length)
      throw new UserError(`${name} has ${h[name].length} numbers, but units make ${h.units.length} cells`, {
        exitCode: 2,
      })
  if (h.contrast > 0 && h.contrastLoss === 'supervised-contrastive' && h.pairs === 'drawn')
    throw new UserError('contrastLoss=supervised-contrastive compares all pairs of a batch: set pairs=all too', {
      exitCode: 2,
    })
  const cells = h.units.map((units, i) => ({
    network: h.network,
    units,
    latents: h.latents[i] ?? h.latents.at(-1)!,
    kernel: h.kernel,
    stride: h.strides[i] ?? h.strides.at(-1)!,
  }))
  return cellDesigns(task.shape, cells)
}

const optimizerOf = (): Optimizer => adam()
const outputOptimizerOf = (h: VaeLayerHyper): Optimizer => adam({ weightDecay: h.outputWeightDecay })

/** Maps averaged to `places` a side, about; 0: left as they are. */
function pooled(z: Tensor, places: number): Tensor {
  const side = Math.min(z.shape[2] ?? 1, z.shape[3] ?? 1)
  const window = places === 0 ? 1 : Math.floor(side / places)
  return z.rank === 4 && window > 1 ? averagePool2d(z, window) : z
}

/** What the output layers read of the standardised latents of all cells. */
const outputInput = (latents: readonly Tensor[], { readout, readoutPlaces }: VaeLayerHyper): Tensor =>
  concat(
    (readout === 'all' ? latents : latents.slice(-1)).map((z) => flat(pooled(z, readoutPlaces))),
    1,
  )

/** The latents as the contrast sees them, standardised over the batch: [N, D]. */
function contrasted(z: Tensor, h: VaeLayerHyper): Tensor {
  const rows = flat(pooled(z, h.contrastPlaces))
  return batchNorm(rows, statistics(rows.shape[1]!)).output
}

/** The contrast of A's latents and B's, [N, D] each; `alike` is [N], of all pairs of the batch [N, N]. */
function contrastLossOf(
  { contrastLoss, pairs, temperature }: VaeLayerHyper,
  a: Tensor,
  b: Tensor,
  alike: Tensor,
): Tensor {
  if (contrastLoss === 'supervised-contrastive') return supervisedContrast(a, b, alike, temperature)
  return pairs === 'all' ? cosineEmbeddingOfAll(a, b, alike) : cosineEmbedding(a, b, alike).mean()
}

/** The two cells of layer i. The input holds what A reads in the first half of the rows, what B reads in the second. */
function cellOf(
  i: number,
  design: CellDesign,
  task: Task,
  h: VaeLayerHyper,
  { random, progress }: Pick<Batch, 'random' | 'progress'>,
  alike: Tensor | undefined,
): Cell<Mirrored<VaeCell>> {
  const beta = constant(h.beta).mul(h.klWarmup === 0 ? 1 : progress.div(h.klWarmup).minimum(1))
  return {
    learn(parameters, buffers, input) {
      const n = input.shape[0]! / 2
      const noise = h.cell === 'vae' ? random.normal(`cells.${i}`, [n, ...design.latentShape]) : undefined
      const one = (side: Side, start: number) => {
        const x = input.slice(0, start, start + n)
        const { encoder, decoder } = parameters[side]
        // Nothing but zeros comes back to a frozen encoder, and Adam's step on zeros is exactly zero.
        const latents = design.encode(h.control === 'none' ? encoder : frozen(encoder), x, task.precision)
        const z = drawn(latents, side === 'a' ? noise : noise && turned(noise))
        const reconstruction = meanSquaredError(design.decode(decoder, z, task.precision), x).mean()
        return { z, reconstruction, kl: divergence(latents) }
      }
      const [a, b] = [one('a', 0), one('b', n)]
      const metrics: Record<string, Tensor> = { reconstruction: a.reconstruction.add(b.reconstruction).mul(0.5) }
      let loss = a.reconstruction.add(b.reconstruction)
      if (a.kl && b.kl) {
        const kl = a.kl.mean().add(b.kl.mean())
        loss = loss.add(kl.mul(beta))
        metrics.kl = kl.mul(0.5)
      }
      if (alike) {
        metrics.contrast = contrastLossOf(h, contrasted(a.z, h), contrasted(b.z, h), alike)
        loss = loss.add(metrics.contrast.mul(h.contrast))
      }
      const up = SIDES.map((side, k) => standardized([a, b][k]!.z.stopGradient(), (buffers as Buffers)[side]))
      return {
        output: concat(
          up.map(({ output }) => output),
          0,
        ),
        loss,
        buffers: { a: up[0]!.next, b: up[1]!.next },
        metrics,
      }
    },
  }
}

/** Statistics of the latents of both cells; empty where they are not standardised. */
type Buffers = Mirrored<Statistics | Record<string, never>>

const frozen = (encoder: Encoder): Encoder => mapTree(encoder, (p) => p.stopGradient())

/** B takes A's noise, turned by one row: one draw serves both, and the two of a drawn pair never share it. */
const turned = (noise: Tensor): Tensor => {
  const n = noise.shape[0]!
  return n === 1 ? noise : concat([noise.slice(0, 1, n), noise.slice(0, 0, 1)], 0)
}

/** z = mu + exp(log v / 2) eps; an auto-encoder's latents are its means. */
const drawn = ({ mean, logVariance }: Latents, noise: Tensor | undefined): Tensor =>
  logVariance && noise ? gaussianSample(mean, logVariance, noise) : mean

const divergence = ({ mean, logVariance }: Latents): Tensor | undefined =>
  logVariance && gaussianDivergence(mean, logVariance)

const known = (own: Buffers[Side]): own is Statistics => 'mean' in own

const standardized = (z: Tensor, own: Buffers[Side]): { output: Tensor; next: Buffers[Side] } =>
  known(own) ? batchNorm(z, own) : { output: z, next: own }

/** A's images and B's: of each row its partner, where there is a contrast. */
function seen(
  h: VaeLayerHyper,
  { x, labels, random }: Batch,
): Mirrored<{ x: Tensor; labels: Tensor }> & { alike?: Tensor } {
  const a = { x, labels }
  if (h.contrast === 0) return { a, b: a }
  const n = labels.shape[0]!
  if (h.pairs === 'all') return { a, b: a, alike: labels.reshape([n, 1]).equal(labels.reshape([1, n])) }
  const { partner, alike } = classPairs(labels, random.uniform('partners', [n, n]))
  return { a, b: { x: x.gather(partner), labels: labels.gather(partner) }, alike }
}

/** Both output layers learn from the cross-entropy of their own labels; nothing goes down from them. */
function learnOutput(
  { layers, optimizer }: VaeLayerState['output'],
  inputs: Mirrored<Tensor>,
  labels: Mirrored<Tensor>,
  h: VaeLayerHyper,
  rate: Tensor,
): { output: VaeLayerState['output']; metrics: Metrics } {
  const scores = mirror((side) => affine(layers[side], inputs[side].stopGradient()))
  const losses = SIDES.map((side) => crossEntropy(scores[side], labels[side]).mean())
  const gradients = grad(
    losses[0]!.add(losses[1]!),
    leaves(layers).map(([, p]) => p),
  )
  const [next, state] = outputOptimizerOf(h).update(layers, gradients, optimizer, rate)
  const right = SIDES.map((side) => argmax(scores[side]).equal(labels[side]).cast('float32').mean())
  const half = ([a, b]: readonly Tensor[]): Tensor => a!.add(b!).mul(0.5)
  return {
    output: { layers: next, optimizer: state },
    metrics: { 'output.loss': half(losses), 'output.accuracy': half(right) },
  }
}

function jointStep(task: Task, h: VaeLayerHyper): Step<VaeLayerState> {
  const designs = designsOf(task, h)
  return (state, batch) => {
    const { a, b, alike } = seen(h, batch)
    const n = a.labels.shape[0]!
    const factor = SCHEDULES[h.schedule](batch.progress)
    const cells = designs.map((design, i) => cellOf(i, design, task, h, batch, alike))
    const images = concat([a.x, b.x], 0)
    const learned = learnJointly(cells, state, images, optimizerOf(), factor.mul(h.rate))
    const rows = outputInput(learned.outputs, h)
    const inputs = { a: rows.slice(0, 0, n), b: rows.slice(0, n, 2 * n) }
    const top = learnOutput(state.output, inputs, { a: a.labels, b: b.labels }, h, factor.mul(h.outputRate))
    return [
      { ...learned.stack, output: top.output },
      { ...learned.metrics, ...top.metrics },
    ]
  }
}

/** One of the two networks, as it is in use. */
const networkOf = (
  { layers, buffers }: VaeLayerState,
  side: Side,
  designs: readonly CellDesign[],
  { precision }: Task,
): VaeStack => ({
  designs,
  precision,
  cells: layers.map((pair) => pair[side]),
  statistics: buffers.map((pair) => {
    const own = (pair as Buffers)[side]
    return known(own) ? own : undefined
  }),
})

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
    'which images the two networks see, and how pairs are drawn',
    'standardised latents between cells, and what the output layer reads',
    'optimiser, step sizes and their schedule, batch, epochs',
  ],
  hyper,
  training: { epochs: 10, batch: 100 },
  small: { hyper: { latents: [4, 3] } },
  presets,

  locality(_, h) {
    const cells = h.units.map((_, i) => ({ name: `cells ${i} of A and B`, parameters: [`layers.${i}`] }))
    return {
      blocks: [...cells, { name: 'output layers', parameters: ['output.layers'] }],
      promise: { local: true, window: 1 },
    }
  },

  init(random, task, h) {
    const designs = designsOf(task, h)
    const layers = designs.map((design, i) =>
      mirror((side) => design.init(random, `layers.${i}.${side}`, h.cell === 'vae')),
    )
    const latents = designs.map(({ latentShape }) => zeros([1, ...latentShape]))
    const inputs = outputInput(latents, h).shape[1]!
    const output = mirror((side) => dense(random, `output.${side}`, inputs, task.classes, 'fan-in'))
    return {
      layers,
      optimizers: layers.map((p) => optimizerOf().init(p)),
      buffers: designs.map(({ latentShape }) =>
        mirror((): Buffers[Side] => (h.standardize ? statistics(latentShape[0]!) : {})),
      ),
      output: { layers: output, optimizer: outputOptimizerOf(h).init(output) },
    }
  },

  steps: (task, h) => ({ joint: jointStep(task, h) }),

  probabilities: () => true,

  predict(state, x, task, h) {
    const designs = designsOf(task, h)
    const says = mirror((side) => {
      const latents = climb(networkOf(state, side, designs, task), x).map(({ output }) => output)
      return softmax(affine(state.output.layers[side], outputInput(latents, h)))
    })
    const log = (p: Tensor): Tensor => p.maximum(1e-30).log()
    return {
      scores: log(says.a.add(says.b).mul(0.5)),
      layers: { 'networks.a': log(says.a), 'networks.b': log(says.b) },
    }
  },

  figures: {
    reconstruction: 'mean squared error of what a cell reads, decoded from its latent; small is good',
    kl: 'divergence of the latents of a cell from their prior, in nats',
    pixels: 'mean squared error of images decoded from the latent of the last cell down to pixels; small is good',
  },

  assess(state, { x }, task, h) {
    const designs = designsOf(task, h)
    const [a, b] = SIDES.map((side) => {
      const stack = networkOf(state, side, designs, task)
      const levels = climb(stack, x)
      const top = levels.at(-1)!.latents.mean
      const each = levels.flatMap(({ input, latents }, i): [string, Tensor][] => {
        const back = designs[i]!.decode(stack.cells[i]!.decoder, latents.mean, task.precision)
        const kl = divergence(latents)
        return [
          [`reconstruction.${i}`, meanSquaredError(back, input)],
          ...(kl ? [[`kl.${i}`, kl] as [string, Tensor]] : []),
        ]
      })
      return Object.fromEntries([...each, ['pixels', meanSquaredError(descend(stack, designs.length - 1, top), x)]])
    }) as [Assessment, Assessment]
    return Object.fromEntries(Object.entries(a).map(([name, own]) => [name, own.add(b[name]!).mul(0.5)]))
  },

  pictures(task, h) {
    const designs = designsOf(task, h)
    return vaePictures((state: VaeLayerState) => networkOf(state, 'a', designs, task), {
      cells: designs.length,
      variational: h.cell === 'vae',
      shape: task.shape,
    })
  },
}
