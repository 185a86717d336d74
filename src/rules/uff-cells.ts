/**
 * The unsupervised cells of Unsupervised Forward-Forward, each an encoder E, a decoder D and a loss of its own:
 *
 *   auto-encoder   z = f(E(N(x)))                             ||D(z) - x||^2
 *   denoising      z = f(E(N(x) + noise)) while it learns      ||D(z) - x||^2
 *   variational    z = m + e^(v/2) n, (m, v) = E(N(x))        -ln p(x | z) + beta KL(N(m, e^v) || N(0, 1))
 *
 * x is what the cell below handed up and N the layer normalisation in front of the cell (none on the image). D gives x
 * itself back, not N(x), so that a latent can be decoded cell by cell down to pixels. What goes up is deterministic:
 * f(E(N(x))) of the clean input, and m of the variational cell.
 */
import { maxPool2d, type Shape, sizeOf, type Tensor } from '../graph/index.js'
import { ACTIVATIONS, type Activation } from '../nn/activations.js'
import { sampleAxes } from '../nn/axes.js'
import { CORRUPTIONS, type Corruption } from '../nn/corruption.js'
import { type Dense, type Precision, transposedProduct } from '../nn/dense.js'
import { depthToSpace } from '../nn/depth-to-space.js'
import { type FanRule, zeros } from '../nn/initialize.js'
import { binaryCrossEntropy, squaredError } from '../nn/losses.js'
import { convolutionLayer, denseLayer, type Layer, type NetworkOptions } from '../nn/network.js'
import { NORMALIZATIONS } from '../nn/normalize.js'
import { averagePool2d } from '../nn/pooling.js'
import type { Random } from '../nn/random.js'
import { gaussianDivergence, gaussianSample } from '../nn/variational.js'
import type { Task } from './contract.js'

export interface CellOptions extends NetworkOptions {
  readonly cell: 'auto-encoder' | 'denoising' | 'variational'
  readonly hidden: readonly number[]
  readonly tied: boolean
  readonly initial: FanRule
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
  /** The expected input. */
  decode(p: CellParameters, latent: Tensor): Tensor
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
  const tied = options.tied && isDense
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
  const back = [...options.hidden.toReversed(), inputShape[0]!]
  // Behind a pooling the decoder's first layer spreads four channels over 2x2 places.
  const widened = pooled ? between(outputShape, 4 * back[0]!) : between(outputShape, back[0]!)
  const decoder = [widened, ...chain([back[0]!, ...whole.slice(1)], back.slice(1))]

  const affine = (layer: Layer, p: Dense, x: Tensor): Tensor =>
    layer.linear(p.weight, x, precision).add(layer.offset(p.bias))
  const upward = (p: CellParameters, i: number, x: Tensor): Tensor => affine(encoder[i]!, p.encoder[i]!, x)
  const downward = (p: CellParameters, i: number, x: Tensor): Tensor => {
    const { weight, bias } = p.decoder[i]!
    if (weight) return affine(decoder[i]!, { weight, bias }, x)
    return transposedProduct(x, p.encoder[encoder.length - 1 - i]!.weight, precision).add(bias)
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
  const code = (p: CellParameters, x: Tensor): Tensor => {
    const h = hidden(p, x)
    if (variational) return linearLatent(p.encoder[last]!, h)
    const y = ACTIVATIONS[options.activation](upward(p, last, h))
    return pooled ? maxPool2d(y, 2) : y
  }
  const posterior = (p: CellParameters, x: Tensor): { mean: Tensor; logVariance: Tensor } => {
    const h = hidden(p, x)
    return { mean: linearLatent(p.encoder[last]!, h), logVariance: linearLatent(p.logVariance!, h) }
  }
  /** What D says before the likelihood's own function: a mean, or the logits of pixels. */
  const decoded = (p: CellParameters, latent: Tensor): Tensor => {
    const widest = downward(p, 0, latent)
    const first = pooled ? fit(depthToSpace(widest, 2), whole) : widest
    return decoder.slice(1).reduce((h, _, i) => downward(p, i + 1, h.relu()), first)
  }
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
        decoder: tied ? decoder.map(({ outputShape: shape }) => ({ bias: zeros(shape) })) : initial(decoder, 'decoder'),
      }
    },
    encode: (p, input) => code(p, read(shaped(input))),
    decode: (p, latent) => (bernoulli ? decoded(p, latent).sigmoid() : decoded(p, latent)),
    learn(p, below, random, name) {
      const input = shaped(below)
      const clean = read(input)
      if (cell === 'variational') {
        const { mean, logVariance } = posterior(p, clean)
        const sample = gaussianSample(mean, logVariance, random.normal(name, mean.shape))
        const divergence = gaussianDivergence(mean, logVariance).mean()
        const loss = errors(input, decoded(p, sample)).mean().add(divergence.mul(options.beta))
        return { latent: mean, loss, divergence }
      }
      const latent = code(p, clean)
      const noisy =
        cell === 'denoising' ? code(p, CORRUPTIONS[options.noise](clean, options.noiseLevel, random, name)) : latent
      return { latent, loss: errors(input, decoded(p, noisy)).mean() }
    },
    ...(variational && {
      divergence: (p, input) => {
        const { mean, logVariance } = posterior(p, read(shaped(input)))
        return gaussianDivergence(mean, logVariance)
      },
    }),
  }
}

/** Zeros at the far edges, where pooling dropped an odd row or column. */
const fit = (x: Tensor, shape: Shape): Tensor =>
  x.pad([[0, 0], [0, 0], ...shape.slice(1).map((size, i): [number, number] => [0, size - x.shape[i + 2]!])])

/** The cells of one network, from below. */
export function cellsOf({ shape, precision }: Task, options: CellOptions): UnsupervisedCell[] {
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
