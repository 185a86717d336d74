import { z } from 'zod'
import { UserError } from '../errors.js'
import { maxPool2d, type Shape, sizeOf, type Tensor } from '../graph/index.js'
import { show } from '../graph/types.js'
import { flat } from './axes.js'
import { convolution, convolved, transposedConvolution } from './convolution.js'
import { type Dense, dense, type Precision, product, transposedProduct } from './dense.js'
import { FAN_RULES, type FanRule } from './initialize.js'
import type { Random } from './random.js'

/** The options by which rules describe a stack of layers; the same in every rule, so that networks can be compared. */
export const networkOptions = {
  network: z.enum(['dense', 'convolutional']).describe('kind of the layers'),
  units: z.array(z.int().min(1)).min(1).describe('units (or channels) of each hidden layer'),
  kernel: z
    .int()
    .min(1)
    .meta({ onlyWith: { network: 'convolutional' } })
    .describe('side of the kernels of convolutional layers; outputs keep the size of inputs'),
  poolAfter: z
    .array(z.int().min(0))
    .meta({ onlyWith: { network: 'convolutional' } })
    .describe('convolutional layers (from 0) that end in a 2x2 max-pooling'),
}

/** The rule of the initial weights, as an option. */
export const fanRule = z
  .enum(Object.keys(FAN_RULES) as [FanRule, ...FanRule[]])
  .describe('standard deviation of the initial weights')

export interface NetworkOptions {
  readonly network: 'dense' | 'convolutional'
  readonly units: readonly number[]
  readonly kernel: number
  readonly poolAfter: readonly number[]
}

/** One layer's affine map, its shapes without the batch axis, and the pooling behind its activation. */
export interface Layer {
  readonly inputShape: Shape
  readonly outputShape: Shape
  init(random: Random, name: string, rule: FanRule): Dense
  /** W x, without the bias: [N, ...inputShape] to [N, ...]. */
  linear(weight: Tensor, x: Tensor, precision?: Precision): Tensor
  /**
   * W x, pooled where a pooling follows: for a pooling in front of what it is to follow. What the pooling would leave out
   * is not computed.
   */
  pooledLinear(weight: Tensor, x: Tensor, precision?: Precision): Tensor
  /** The same map transposed, by the same weight: [N, ...] back to [N, ...inputShape]. */
  transposed(weight: Tensor, y: Tensor, precision?: Precision): Tensor
  /** The bias in a shape that broadcasts over `linear`'s output. */
  offset(bias: Tensor): Tensor
  /** What follows the activation. */
  pool(y: Tensor): Tensor
}

export function denseLayer(inputs: number, outputs: number): Layer {
  const linear: Layer['linear'] = (weight, x, precision) => product(flat(x), weight, precision)
  return {
    inputShape: [inputs],
    outputShape: [outputs],
    init: (random, name, rule) => dense(random, name, inputs, outputs, rule),
    linear,
    pooledLinear: linear,
    transposed: (weight, y, precision) => transposedProduct(y, weight, precision),
    offset: (bias) => bias,
    pool: (y) => y,
  }
}

/** The sizes of images [C, H, W] that a convolutional network reads. Throws a UserError for another shape. */
export function imagesOf(inputShape: Shape): readonly [channels: number, height: number, width: number] {
  const [channels, height, width] = inputShape
  if (inputShape.length === 3) return [channels!, height!, width!]
  throw new UserError(
    `a convolutional network reads images [channels, height, width], not inputs of shape ${show(inputShape)}: choose ` +
      'the dense network',
  )
}

/** The shape of maps [C, H, W] after a pooling of 2 x 2. Throws a UserError where they are too small. */
export function pooledShape([channels, height, width]: readonly [number, number, number]) {
  if (Math.min(height, width) < 2)
    throw new UserError(
      `a pooling of 2 x 2 does not fit on ${height} x ${width} places: pool after fewer layers (poolAfter), or choose ` +
        'the dense network',
    )
  return [channels, Math.floor(height / 2), Math.floor(width / 2)] as const
}

/** Throws a UserError where the inputs are no images, or too small to be pooled. */
export function convolutionLayer(inputShape: Shape, channels: number, kernel: number, pooled: boolean): Layer {
  const [inputs, height, width] = imagesOf(inputShape)
  const output = [channels, height, width] as const
  const before = Math.floor((kernel - 1) / 2)
  // A pooling leaves out the last one of an odd number of rows or columns.
  const padding = (size: number): [number, number] => [before, kernel - 1 - before - (kernel > 1 ? size % 2 : 0)]
  return {
    inputShape,
    outputShape: pooled ? pooledShape(output) : output,
    init: (random, name, rule) => convolution(random, name, inputs, channels, kernel, rule),
    linear: (weight, x, precision) => convolved(x, weight, { padding: 'same' }, precision),
    pooledLinear: (weight, x, precision) =>
      pooled
        ? maxPool2d(convolved(x, weight, { padding: [padding(height), padding(width)] }, precision), 2)
        : convolved(x, weight, { padding: 'same' }, precision),
    transposed: (weight, y, precision) => transposedConvolution(y, weight, precision),
    offset: (bias) => bias.reshape([1, channels, 1, 1]),
    pool: (y) => (pooled ? maxPool2d(y, 2) : y),
  }
}

/** The hidden layers of a network over inputs of one shape, [C, H, W] without the batch axis. */
export function hiddenLayers(options: NetworkOptions, inputShape: Shape): Layer[] {
  const layers: Layer[] = []
  for (const [i, units] of options.units.entries()) {
    const shape = layers.at(-1)?.outputShape ?? inputShape
    layers.push(
      options.network === 'dense'
        ? denseLayer(sizeOf(shape), units)
        : convolutionLayer(shape, units, options.kernel, options.poolAfter.includes(i)),
    )
  }
  return layers
}
