import { UserError } from '../../errors.js'
import { concat, constant, range, type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { convolutionLayer, denseLayer, type Layer } from '../../nn/network.js'
import { inverseLength, inverseNorm } from '../../nn/normalize.js'
import { withSigns } from '../../nn/pictures.js'
import type { Random } from '../../nn/random.js'
import type { Task } from '../contract.js'
import { classesOf, imageShape } from '../task.js'
import type { ForwardForwardHyper } from './options.js'

/** Weights of the image and biases; the lowest layer has weights of the label's code beside them. */
export type Weights = { readonly weight: Tensor; readonly bias: Tensor; readonly label?: Tensor }

/** What the lowest layer is given beside its images, [sets, N or 1, K]: see `firstLayer`. Absent with hybrids. */
export type Labels = Tensor | undefined

/** Signs drawn once and for all from a small linear congruential generator: part of the network, not of its state. */
function signs(count: number): Float32Array {
  let word = 2026
  return Float32Array.from({ length: count }, () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0
    return word >>> 31 === 0 ? 1 : -1
  })
}

/**
 * The lowest layer of a network that reads its label together with its image, normalised to the length sqrt(n) or 1.
 * Dense: the label's one-hot code takes the place of the first K pixels. Convolutional: a channel of its own holds a
 * fixed pattern of signs for each class.
 *
 * Labels come as weights of the K codes, [sets, N or 1, K]: one-hot rows for a label, 1 / K everywhere for a neutral
 * one. The map is linear: the image's product is computed once for all sets, and those of the codes are added.
 */
export function firstLayer(task: Task, h: ForwardForwardHyper) {
  const [channels, height, width] = imageShape(task)
  const classes = classesOf(task)
  const pixels = sizeOf(task.input.shape)
  const isDense = h.network === 'dense'
  if (isDense && classes >= pixels)
    throw new UserError(
      `the label takes the place of the first pixels, one for each class: ${classes} classes leave nothing of the ` +
        `${pixels} pixels of an image; choose the convolutional network, where the label has a channel of its own`,
    )
  const over = (dense: number, maps: number): Layer =>
    isDense
      ? denseLayer(dense, h.units[0]!)
      : convolutionLayer([maps, height, width], h.units[0]!, h.kernel, h.poolAfter.includes(0))
  const [whole, ofImage, ofCode] = [over(pixels, channels + 1), over(pixels - classes, channels), over(classes, 1)]
  const codeShape: Shape = isDense ? [classes] : [1, height, width]
  const codes = (
    isDense
      ? range(classes).reshape([classes, 1]).equal(range(classes)).cast('float32')
      : constant(signs(classes * height * width), [classes, ...codeShape])
  ).mul(h.labelStrength)
  /** Products of the codes with each other: c^T products c is the squared length of the code with weights c. */
  const products = flat(codes).matmul(flat(codes), { transposeB: true })
  const imageOf = (x: Tensor): Tensor => (isDense ? flat(x).slice(1, classes, pixels) : x)

  return {
    layer: whole,
    /** Images [N, C, H, W] with every label, as people see them: see `Labelled`. */
    shown: {
      where: isDense
        ? `the code of the label stands in the first ${classes} pixels`
        : 'the sign of the label, on the right, is a channel of its own',
      inputs(_: unknown, x: Tensor): Tensor {
        const n = x.shape[0]!
        if (!isDense) return withSigns(x, codes)
        const code = codes.maximum(0).minimum(1).reshape([1, classes, classes])
        const rest = imageOf(x).reshape([n, 1, pixels - classes])
        return concat(
          [code.broadcastTo([n, classes, classes]), rest.broadcastTo([n, classes, pixels - classes])],
          2,
        ).reshape([n, classes, channels, height, width])
      },
    },
    init(random: Random, name: string): Weights {
      const { weight, bias } = whole.init(random, name, h.initial)
      const [axis, cut] = isDense ? [0, classes] : [1, 1]
      return { weight: weight.slice(axis, cut, weight.shape[axis]!), bias, label: weight.slice(axis, 0, cut) }
    },
    /** W x + b of images [N, C, H, W] shown with sets of labels: [sets * N, ...], set after set. */
    preactivation(p: Weights, x: Tensor, shown: Tensor): Tensor {
      const image = imageOf(x)
      const n = x.shape[0]!
      // Within a call all codes have one length, so that an image's factor does not depend on its label.
      const one = shown.slice(0, 0, 1).reshape([-1, classes])
      const codeSquare = one.matmul(products).mul(one).sum(-1)
      const square = flat(image).square().sum(-1).add(codeSquare)
      const size = sizeOf(whole.inputShape)
      const factor = h.imageNormalization === 'unit' ? inverseNorm(square) : inverseLength(square.mul(1 / size))
      const scaled = image.mul(factor.reshape([n, ...image.shape.slice(1).map(() => 1)]))
      const product = ofImage.linear(p.weight, scaled, task.precision)
      const maps = ofCode.linear(p.label!, codes)
      const labels = shown
        .mul(factor.reshape([1, n, 1]))
        .reshape([-1, classes])
        .matmul(flat(maps))
      return product
        .add(labels.reshape([-1, n, ...maps.shape.slice(1)]))
        .reshape([-1, ...product.shape.slice(1)])
        .add(whole.offset(p.bias))
    },
  }
}
