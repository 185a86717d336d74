import { averagePool2d, maxPool2d, type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { convolution, convolved } from '../../nn/convolution.js'
import { type Dense, dense, FLOAT32, type Precision, product } from '../../nn/dense.js'
import type { FanRule } from '../../nn/initialize.js'
import { imagesOf, pooledShape } from '../../nn/network.js'
import type { Random } from '../../nn/random.js'
import type { BroadcastHyper } from './options.js'

/** A layer's linear map, by forward or by feedback weights, and the shapes without the batch axis. */
export interface BroadcastLayer {
  readonly weightShape: Shape
  /** Of the activity phi(u), before any pooling: what is correlated with the broadcast. */
  readonly activityShape: Shape
  readonly outputShape: Shape
  init(random: Random, name: string, rule: FanRule): Dense
  linear(weight: Tensor, x: Tensor): Tensor
  offset(bias: Tensor): Tensor
  pool(activity: Tensor): Tensor
}

function denseLayer(inputs: number, outputs: number, precision: Precision): BroadcastLayer {
  return {
    weightShape: [inputs, outputs],
    activityShape: [outputs],
    outputShape: [outputs],
    init: (random, name, rule) => dense(random, name, inputs, outputs, rule),
    linear: (weight, x) => product(flat(x), weight, precision),
    offset: (bias) => bias,
    pool: (activity) => activity,
  }
}

interface Kernels {
  readonly channels: number
  readonly kernel: number
  readonly stride: number
  readonly pooling: 'none' | 'average' | 'max'
}

const POOLS = {
  none: (y: Tensor): Tensor => y,
  average: (y: Tensor): Tensor => averagePool2d(y, 2),
  max: (y: Tensor): Tensor => maxPool2d(y, 2),
}

/** Throws a UserError where the inputs are no images, or too small to be pooled. */
function convolutionLayer(
  inputShape: Shape,
  { channels, kernel, stride, pooling }: Kernels,
  precision: Precision,
): BroadcastLayer {
  const [inputs, height, width] = imagesOf(inputShape)
  const activityShape = [channels, Math.ceil(height / stride), Math.ceil(width / stride)] as const
  return {
    weightShape: [channels, inputs, kernel, kernel],
    activityShape,
    outputShape: pooling === 'none' ? activityShape : pooledShape(activityShape),
    init: (random, name, rule) => convolution(random, name, inputs, channels, kernel, rule),
    linear: (weight, x) => convolved(x, weight, { padding: 'same', stride }, precision),
    offset: (bias) => bias.reshape([1, channels, 1, 1]),
    pool: POOLS[pooling],
  }
}

/** The hidden layers, convolutions first, and the output layer, whose product is in float32 always. */
export function layersOf(shape: Shape, outputs: number, precision: Precision, h: BroadcastHyper): BroadcastLayer[] {
  const layers: BroadcastLayer[] = []
  const below = (): Shape => layers.at(-1)?.outputShape ?? shape
  for (const [i, channels] of h.channels.entries()) {
    const [kernel, stride] = [h.kernels[i] ?? h.kernels[0]!, h.strides[i] ?? h.strides[0]!]
    const pooling = h.poolAfter.includes(i) ? h.pooling : 'none'
    layers.push(convolutionLayer(below(), { channels, kernel, stride, pooling }, precision))
  }
  for (const units of h.units) layers.push(denseLayer(sizeOf(below()), units, precision))
  return [...layers, denseLayer(sizeOf(below()), outputs, FLOAT32)]
}

/** What one hidden layer makes of its input; no gradient passes to the layers below. */
export interface Made {
  /** h_(k-1) */
  readonly input: Tensor
  /** u_k, the pre-activation. */
  readonly drive: Tensor
  /** phi(u_k) [N, ...activityShape] */
  readonly activity: Tensor
  /** h_k, what goes up: the activity, pooled. */
  readonly output: Tensor
}

/** A network's pass: all hidden layers from below, what the output layer reads and what it says, o [N, K]. */
export interface Pass {
  readonly hidden: readonly Made[]
  readonly read: Tensor
  readonly scores: Tensor
}

export function passOf(
  layers: readonly BroadcastLayer[],
  parameters: readonly Dense[],
  x: Tensor,
  h: BroadcastHyper,
): Pass {
  const affine = (i: number, input: Tensor): Tensor => {
    const { weight, bias } = parameters[i]!
    return layers[i]!.linear(weight, input).add(layers[i]!.offset(bias))
  }
  const hidden: Made[] = []
  let below = x
  for (const [i, layer] of layers.slice(0, -1).entries()) {
    const drive = affine(i, below)
    const activity = h.activation === 'relu' ? drive.relu() : drive.tanh()
    const output = layer.pool(activity)
    hidden.push({ input: below, drive, activity, output })
    below = output.stopGradient()
  }
  return { hidden, read: below, scores: affine(layers.length - 1, below) }
}
