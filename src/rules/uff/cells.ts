/**
 * The unsupervised cells of Unsupervised Forward-Forward, each an encoder E, a decoder D and a loss of its own:
 *
 *   auto-encoder   h = f(E(N(x)))                             ||D(s(h)) - x||^2
 *   denoising      h = f(E(N(x) + noise)) while it learns      ||D(s(h)) - x||^2
 *   variational    z = m + e^(v/2) n, (m, v) = E(N(x))        -ln p(x | z) + beta KL(N(m, e^v) || N(0, 1))
 *
 * x is what the cell below handed up and N the layer normalisation in front of the cell (none on the image). D gives x
 * itself back, not N(x), so that a latent can be decoded cell by cell down to pixels. What goes up is deterministic:
 * f(E(N(x))) of the clean input, behind its pooling, and m of the variational cell.
 *
 * s is the identity, or keeps of each unit the activities that stand out of the batch (`sparsity`; after the lifetime
 * sparsity of Makhzani and Frey 2015, whose share of winners it states as a threshold). A max-pooled code is decoded from
 * what was handed up, put where it was largest (what and where: Zhao et al. 2016).
 */
import { UserError } from '../../errors.js'
import { averagePool2d, maxPool2d, type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import { ACTIVATIONS, type Activation } from '../../nn/activations.js'
import { channelAxes, sampleAxes } from '../../nn/axes.js'
import { transposedConvolution } from '../../nn/convolution.js'
import { CORRUPTIONS, type Corruption } from '../../nn/corruption.js'
import { type Dense, type Precision, transposedProduct } from '../../nn/dense.js'
import { type FanRule, zeros } from '../../nn/initialize.js'
import { binaryCrossEntropy, squaredError } from '../../nn/losses.js'
import { convolutionLayer, denseLayer, type Layer, type NetworkOptions } from '../../nn/network.js'
import { NORMALIZATIONS } from '../../nn/normalize.js'

import type { Random } from '../../nn/random.js'
import { places2d, repeated2d } from '../../nn/unpooling.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import type { Task } from '../contract.js'

export interface CellOptions extends NetworkOptions {
  readonly cell: 'auto-encoder' | 'denoising' | 'variational'
  readonly hidden: readonly number[]
  readonly tied: boolean
  readonly initial: FanRule
  readonly sparsity?: number | undefined
  readonly activation: Activation
  readonly noise: Corruption
  readonly noiseLevel: number
  readonly likelihood: 'gaussian' | 'bernoulli'
  readonly variance: number
  readonly beta: number
  readonly normalization: 'layer' | 'none'
}

/**
 * Layers from the input to the latent and back; `logVariance` stands beside the encoder's last layer. A tied decoder has
 * only biases: its weights are the encoder's, transposed.
 */
export type CellParameters = {
  readonly encoder: readonly Dense[]
  readonly logVariance?: Dense
  readonly decoder: readonly { readonly weight?: Tensor; readonly bias: Tensor }[]
}

/** What a cell makes of a batch while it learns. */
interface Learned {
  readonly latent: Tensor
  readonly loss: Tensor
  /** Nats of the variational cell's code. */
  readonly divergence?: Tensor
}

/** Inputs may come flat or as maps; latents are [N, ...outputShape]. */
export interface UnsupervisedCell {
  readonly inputShape: Shape
  readonly outputShape: Shape
  init(random: Random, name: string): CellParameters
  /** What goes up. */
  encode(p: CellParameters, input: Tensor): Tensor
  /** The expected input; where a pooled latent's places are not known, it is repeated over them. */
  decode(p: CellParameters, latent: Tensor, places?: Tensor): Tensor
  /** Where the pooled latent of an input stood; absent where a cell does not pool by the maximum. */
  places?(p: CellParameters, input: Tensor): Tensor
  /** `name` is that of the cell's noise. */
  learn(p: CellParameters, input: Tensor, random: Random, name: string): Learned
  /** KL of the code, [N]; absent where the cell has none. */
  divergence?(p: CellParameters, input: Tensor): Tensor
}

export interface Place {
  readonly inputShape: Shape
  readonly units: number
  readonly pooled: boolean
  /** The first cell reads pixels in [0, 1]. */
  readonly first: boolean
  readonly precision: Precision
}

export function unsupervisedCell(options: CellOptions, place: Place): UnsupervisedCell {
  const { cell, kernel } = options
  const { inputShape, precision } = place
  const variational = cell === 'variational'
  const isDense = options.network === 'dense'
  const pooled = place.pooled && !isDense
  const bernoulli = options.likelihood === 'bernoulli' && place.first

  const between = (from: Shape, units: number): Layer =>
    isDense ? denseLayer(from[0]!, units) : convolutionLayer(from, units, kernel, false)
  const chain = (from: Shape, units: readonly number[]): Layer[] => {
    const layers: Layer[] = []
    for (const count of units) layers.push(between(layers.at(-1)?.outputShape ?? from, count))
    return layers
  }
  const encoder = chain(inputShape, [...options.hidden, place.units])
  const last = encoder.length - 1
  const whole = encoder[last]!.outputShape
  const outputShape = pooled ? [whole[0]!, ...whole.slice(1).map((size) => Math.floor(size / 2))] : whole
  const decoder = chain(whole, [...options.hidden.toReversed(), inputShape[0]!])

  const affine = (layer: Layer, p: Dense, x: Tensor): Tensor =>
    layer.linear(p.weight, x, precision).add(layer.offset(p.bias))
  const upward = (p: CellParameters, i: number, x: Tensor): Tensor => affine(encoder[i]!, p.encoder[i]!, x)
  const downward = (p: CellParameters, i: number, x: Tensor): Tensor => {
    const { weight, bias } = p.decoder[i]!
    if (weight) return affine(decoder[i]!, { weight, bias }, x)
    const own = p.encoder[last - i]!.weight
    const back = isDense ? transposedProduct(x, own, precision) : transposedConvolution(x, own, precision)
    return back.add(decoder[i]!.offset(bias))
  }
  const shaped = (x: Tensor): Tensor => x.reshape([x.shape[0]!, ...inputShape])
  const read = (x: Tensor): Tensor => (place.first ? x : NORMALIZATIONS[options.normalization](x))
  /** The input of the encoder's last layer. */
  const hidden = (p: CellParameters, x: Tensor): Tensor =>
    encoder.slice(0, -1).reduce((h, _, i) => upward(p, i, h).relu(), x)
  /** A linear map's maps are averaged over 2x2 places, which is a linear map too. */
  const linearLatent = (p: Dense, h: Tensor): Tensor => {
    const y = affine(encoder[last]!, p, h)
    return pooled ? averagePool2d(y, 2) : y
  }
  const posterior = (p: CellParameters, x: Tensor): { mean: Tensor; logVariance: Tensor } => {
    const h = hidden(p, x)
    return { mean: linearLatent(p.encoder[last]!, h), logVariance: linearLatent(p.logVariance!, h) }
  }
  /** f(E(x)) before its pooling. */
  const activity = (p: CellParameters, x: Tensor): Tensor =>
    ACTIVATIONS[options.activation](upward(p, last, hidden(p, x)))
  const poolOf = (h: Tensor): Tensor => (pooled ? maxPool2d(h, 2) : h)
  /** What of an activity the cell is judged by while it learns. */
  const code = (h: Tensor): Tensor => {
    const kept = pooled ? h.mul(places2d(h, poolOf(h)).stopGradient()) : h
    return options.sparsity === undefined ? kept : kept.mul(standingOut(h, options.sparsity))
  }
  /** What D says before the likelihood's own function: a mean, or the logits of pixels. */
  const decoded = (p: CellParameters, z: Tensor): Tensor =>
    decoder.slice(1).reduce((h, _, i) => downward(p, i + 1, h.relu()), downward(p, 0, z))
  const spread = (z: Tensor): Tensor => (pooled ? repeated2d(z, whole[1]!, whole[2]!) : z)
  const errors = (x: Tensor, said: Tensor): Tensor => {
    if (bernoulli) return binaryCrossEntropy(said, x).sum(sampleAxes(x))
    const squared = squaredError(said, x)
    return variational ? squared.mul(0.5 / options.variance) : squared
  }

  return {
    inputShape,
    outputShape,
    init(random, name) {
      const initial = (layers: readonly Layer[], part: string): Dense[] =>
        layers.map((layer, i) => layer.init(random, `${name}.${part}.${i}`, options.initial))
      return {
        encoder: initial(encoder, 'encoder'),
        ...(variational && { logVariance: encoder[last]!.init(random, `${name}.logVariance`, options.initial) }),
        decoder: options.tied
          ? decoder.map(({ outputShape: shape }) => ({ bias: zeros([shape[0]!]) }))
          : initial(decoder, 'decoder'),
      }
    },
    encode(p, input) {
      const x = read(shaped(input))
      return variational ? linearLatent(p.encoder[last]!, hidden(p, x)) : poolOf(activity(p, x))
    },
    decode(p, latent, places) {
      const said = decoded(p, places ? spread(latent).mul(places) : spread(latent))
      return bernoulli ? said.sigmoid() : said
    },
    ...(pooled &&
      !variational && {
        places: (p, input) => {
          const h = activity(p, read(shaped(input)))
          return places2d(h, poolOf(h))
        },
      }),
    learn(p, below, random, name) {
      const input = shaped(below)
      const clean = read(input)
      if (cell === 'variational') {
        const { mean, logVariance } = posterior(p, clean)
        const sample = gaussianSample(mean, logVariance, random.normal(name, mean.shape))
        const divergence = gaussianDivergence(mean, logVariance).mean()
        const loss = errors(input, decoded(p, spread(sample)))
          .mean()
          .add(divergence.mul(options.beta))
        return { latent: mean, loss, divergence }
      }
      const h = activity(p, clean)
      const { noise, noiseLevel } = options
      const seen = cell === 'denoising' ? activity(p, CORRUPTIONS[noise](clean, noiseLevel, random, name)) : h
      return { latent: poolOf(h), loss: errors(input, decoded(p, code(seen))).mean() }
    },
    ...(variational && {
      divergence: (p, input) => {
        const { mean, logVariance } = posterior(p, read(shaped(input)))
        return gaussianDivergence(mean, logVariance)
      },
    }),
  }
}

/**
 * 1 where an activity [N, C, ...] is at least `threshold` standard deviations above its unit's (or channel's) mean over
 * the batch. A unit with few winners learns from those it has, so that none falls silent.
 */
function standingOut(h: Tensor, threshold: number): Tensor {
  const y = h.stopGradient()
  const axes = channelAxes(y)
  const mean = y.mean(axes, true)
  const deviation = y.sub(mean).square().mean(axes, true).sqrt()
  return y.greaterEqual(mean.add(deviation.mul(threshold))).cast('float32')
}

/** The cells of one network, from below. Throws a UserError for masks that leave nothing of an input. */
export function cellsOf({ input: { shape }, precision }: Task, options: CellOptions): UnsupervisedCell[] {
  if (options.cell === 'denoising' && options.noise === 'masking' && options.noiseLevel >= 1)
    throw new UserError(`noiseLevel is ${options.noiseLevel}, but masking sets a part to zero: give less than 1`, {
      exitCode: 2,
    })
  const cells: UnsupervisedCell[] = []
  for (const [i, units] of options.units.entries()) {
    const image = options.network === 'dense' ? [sizeOf(shape)] : shape
    const inputShape = cells.at(-1)?.outputShape ?? image
    const pooled = options.poolAfter.includes(i)
    cells.push(unsupervisedCell(options, { inputShape, units, pooled, first: i === 0, precision }))
  }
  return cells
}

/** What each of the cells hands up of images, from below. */
export function latentsOf(cells: readonly UnsupervisedCell[], layers: readonly CellParameters[], x: Tensor): Tensor[] {
  const all: Tensor[] = []
  for (const [i, cell] of cells.entries()) all.push(cell.encode(layers[i]!, all.at(-1) ?? x))
  return all
}
