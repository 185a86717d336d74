import { concat, constant, type Operand, type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import type { Precision } from '../../nn/dense.js'
import type { FanRule } from '../../nn/initialize.js'
import { convolutionLayer, denseLayer, type Layer, type NetworkOptions } from '../../nn/network.js'
import { inverseLength, inverseNorm } from '../../nn/normalize.js'
import type { Random } from '../../nn/random.js'
import type { Task } from '../contract.js'
import { classesOf, imageShape } from '../task.js'

/** Weights of the image, of the label's code (where their products are kept apart), and biases. */
export type FirstParameters = { readonly weight: Tensor; readonly bias: Tensor; readonly label?: Tensor }

/** Which labels an image is shown with. Rows come out set after set. */
export type Shown = { readonly labels: readonly Tensor[] } | 'neutral' | 'every'

/**
 * The first layer of a network that reads its label together with its image, normalised to the length sqrt(n) or 1.
 *
 * Dense: the label's one-hot code takes the place of the first K pixels. Convolutional: a channel of its own holds a
 * fixed pattern of +-strength, one for each class. All codes have the same length, so that an image's factor of
 * normalisation does not depend on its label, and the image's product is the same with every label: with `shared` it
 * is computed once for positives, negatives and, at inference, all K labels. Without, image and label are one input.
 */
export interface FirstLayer {
  readonly layer: Layer
  init(random: Random, name: string, rule: FanRule): FirstParameters
  /** W x + b of images [N, C, H, W]: `labels` gives [sets * N, ...], 'neutral' [N, ...], 'every' [N * K, ...]. */
  preactivation(p: FirstParameters, x: Tensor, shown: Shown, precision: Precision): Tensor
}

export interface FirstLayerOptions extends NetworkOptions {
  readonly labelStrength: number
  readonly sharedProduct: boolean
  /** To the length sqrt(n), or to unit length. */
  readonly imageNormalization: 'length' | 'unit'
}

/** Signs drawn once and for all from a small linear congruential generator: part of the network, not of its state. */
function patterns(classes: number, size: number, strength: number): Float32Array {
  let word = 2026
  return Float32Array.from({ length: classes * size }, () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0
    return word >>> 31 === 0 ? strength : -strength
  })
}

export function firstLayer(options: FirstLayerOptions, task: Task): FirstLayer {
  const { network, units, kernel, poolAfter, labelStrength: strength, sharedProduct, imageNormalization } = options
  const classes = classesOf(task)
  const { shape } = task.input
  const [channels, height, width] = imageShape(task)
  const isDense = network === 'dense'
  // The code of label k is row k; the image's own part leaves out the pixels that the code replaces.
  const codeShape: Shape = isDense ? [classes] : [1, height, width]
  const codes = isDense
    ? constant(
        Float32Array.from({ length: classes ** 2 }, (_, i) => (i % (classes + 1) === 0 ? strength : 0)),
        [classes, classes],
      )
    : constant(patterns(classes, height * width, strength), [classes, ...codeShape])
  const image = (x: Tensor): Tensor => {
    if (!isDense) return x
    const flat = x.reshape([x.shape[0]!, -1])
    return flat.slice(1, classes, flat.shape[1]!)
  }
  const whole: Shape = isDense ? [sizeOf(shape)] : [channels + 1, height, width]
  const pooled = poolAfter.includes(0)
  const layerOver = (inputs: Shape): Layer =>
    isDense ? denseLayer(inputs[0]!, units[0]!) : convolutionLayer(inputs, units[0]!, kernel, pooled)
  const layer = layerOver(whole)
  const ofImage = layerOver(isDense ? [sizeOf(shape) - classes] : shape)
  const ofCode = layerOver(codeShape)

  const perRow = (x: Tensor): number[] => x.shape.map((_, i) => (i === 0 ? x.shape[0]! : 1))
  const squares = (x: Tensor): Tensor => x.square().sum(x.shape.map((_, i) => i).slice(1))
  /** What normalises images with a code of the given squared length, [N]. */
  const factor = (x: Tensor, codeSquare: Operand): Tensor => {
    const square = squares(x).add(codeSquare)
    return imageNormalization === 'unit' ? inverseNorm(square) : inverseLength(square.mul(1 / sizeOf(whole)))
  }
  const codeSquare = strength ** 2 * (isDense ? 1 : height * width)
  /** The neutral code is the mean of all codes. */
  const neutralSquare = codes.mean(0).square().sum()

  return {
    layer,
    init(random, name, rule) {
      const { weight, bias } = layer.init(random, name, rule)
      if (!sharedProduct) return { weight, bias }
      const axis = isDense ? 0 : 1
      const cut = isDense ? classes : 1
      return { weight: weight.slice(axis, cut, weight.shape[axis]!), bias, label: weight.slice(axis, 0, cut) }
    },
    preactivation(p, x, shown, precision) {
      const own = image(x)
      const n = own.shape[0]!
      const bias = layer.offset(p.bias)
      const scale = factor(own, shown === 'neutral' ? neutralSquare : codeSquare).reshape(perRow(own))
      if (!p.label) {
        const scaled = own.mul(scale)
        const joined = (code: Tensor): Tensor => concat([code.mul(scale), scaled], 1)
        const inputs =
          shown === 'neutral'
            ? joined(codes.mean(0, true).broadcastTo([n, ...codeShape]))
            : shown === 'every'
              ? withEveryCode(codes, own)
                  .mul(scale.reshape([n, 1, ...codeShape.map(() => 1)]))
                  .reshape([-1, ...whole])
              : concat(
                  shown.labels.map((l) => joined(codes.gather(l))),
                  0,
                )
        return layer.linear(p.weight, inputs, precision).add(bias)
      }
      const product = ofImage.linear(p.weight, own.mul(scale), precision)
      const maps = ofCode.linear(p.label, codes)
      const rowScale = scale.reshape(perRow(product))
      if (shown === 'neutral') return product.add(maps.mean(0, true).mul(rowScale)).add(bias)
      if (shown === 'every') {
        const tail = product.shape.slice(1)
        const coded = maps.reshape([1, classes, ...tail]).mul(rowScale.reshape([n, 1, ...tail.map(() => 1)]))
        return product
          .reshape([n, 1, ...tail])
          .add(coded)
          .reshape([n * classes, ...tail])
          .add(bias)
      }
      return concat(
        shown.labels.map((l) => product.add(maps.gather(l).mul(rowScale))),
        0,
      ).add(bias)
    },
  }
}

/** Images [N, ...] each with all K codes: [N, K, ...code and image along the first axis of a sample]. */
function withEveryCode(codes: Tensor, x: Tensor): Tensor {
  const [n, classes] = [x.shape[0]!, codes.shape[0]!]
  const spread = (t: Tensor, rows: Shape): Tensor => t.reshape(rows).broadcastTo([n, classes, ...t.shape.slice(1)])
  const code = spread(codes, [1, ...codes.shape])
  return concat([code, spread(x, [n, 1, ...x.shape.slice(1)])], 2)
}
