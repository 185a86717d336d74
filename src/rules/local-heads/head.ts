import { averagePool2d, gelu, oneHot, type Shape, sizeOf, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { batchNormalized, type Statistics, statistics } from '../../nn/batch-norm.js'
import { convolution, convolved } from '../../nn/convolution.js'
import { affine, type Dense, dense, type Precision, product } from '../../nn/dense.js'
import { normalWeights, zeros } from '../../nn/initialize.js'
import type { Random } from '../../nn/random.js'
import type { LocalHeadsHyper } from './options.js'

/** A head's trained weights: the linear map to the classes, and the product in front of it or beside it. */
export type HeadWeights = { readonly linear: Dense; readonly inner?: Tensor }

interface Said {
  /** Logits [N, K]. */
  readonly logits: Tensor
  /** What samples are compared by, [N, D]; of a predsim head while it learns. */
  readonly features?: Tensor
  readonly running: Statistics | undefined
}

/** What a head is told beside its input. */
interface HeadPass {
  readonly running: Statistics | undefined
  readonly training: boolean
  /** Features are made only where its loss counts. */
  readonly learns: boolean
}

export interface Head {
  init(random: Random, name: string): HeadWeights
  readonly running: Statistics | undefined
  say(weights: HeadWeights, y: Tensor, pass: HeadPass): Said
}

/** The side of a pooling that leaves at most `most` rows and columns of a map. */
const poolSide = (side: number, most: number): number => Math.ceil(side / most)

const pooled = (y: Tensor, side: number): Tensor => (side === 1 ? y : averagePool2d(y, side))

/** The pooling of a map of `side` rows to two, by windows that may overlap. */
const toTwo = (y: Tensor, side: number): Tensor =>
  side <= 2 ? y : averagePool2d(y, Math.ceil(side / 2), Math.floor(side / 2))

/** Maps in heads have at most so many rows (the convolution there costs as much as one in the layer). */
const MAP = 8

/** The head of a layer that puts out `shape`, [D] or [C, H, W]. The linear map starts at 0. */
export function headOf(shape: Shape, classes: number, h: LocalHeadsHyper, precision: Precision): Head {
  const [channels, side = 1] = shape as [number, number?]
  const linear = (inputs: number): Dense => ({ weight: zeros([inputs, classes]), bias: zeros([classes]) })
  const square = (of: number): number => (shape.length === 3 ? of * of : 1)
  if (h.head === 'convolutional') {
    const map = Math.floor(side / poolSide(side, MAP))
    const inner = (random: Random, name: string): Tensor =>
      shape.length === 3
        ? convolution(random, name, channels, h.headUnits, 3, 'he').weight
        : dense(random, name, channels, h.headUnits, 'he').weight
    return {
      running: statistics(h.headUnits),
      init: (random, name) => ({
        linear: linear(h.headUnits * square(Math.min(2, map))),
        inner: inner(random, `${name}.inner`),
      }),
      say({ linear: last, inner: weight }, y, { running, training }) {
        const u =
          shape.length === 3
            ? convolved(pooled(y, poolSide(side, MAP)), weight!, { padding: 'same' }, precision)
            : product(y, weight!, precision)
        const normal = batchNormalized(u, { running: running!, training }, { momentum: h.momentumOfNorm })
        const active = gelu(normal.output)
        return { logits: affine(last, flat(shape.length === 3 ? toTwo(active, map) : active)), running: normal.running }
      },
    }
  }
  // The finest pooling of a map whose numbers the linear head may read.
  let window = 1
  while (channels * square(Math.floor(side / window)) > h.headInputs && window < side) window++
  const compares = h.head === 'predsim'
  const near = poolSide(side, MAP)
  return {
    running: undefined,
    init: (random, name) => ({
      linear: linear(shape.length === 3 ? channels * square(Math.floor(side / window)) : channels),
      ...(compares && {
        inner: normalWeights(
          random,
          `${name}.inner`,
          shape.length === 3 ? [channels, channels, 3, 3] : [sizeOf(shape), sizeOf(shape)],
          'he',
        ),
      }),
    }),
    say({ linear: last, inner }, y, { learns }) {
      const logits = affine(last, flat(shape.length === 3 ? pooled(y, window) : y))
      if (!compares || !learns) return { logits, running: undefined }
      const features =
        shape.length === 3
          ? deviation(convolved(pooled(y, near), inner!, { padding: 'same' }, precision))
          : product(y, inner!, precision)
      return { logits, features, running: undefined }
    },
  }
}

/** The standard deviation of each channel over its map: [N, C, H, W] to [N, C]. */
function deviation(y: Tensor): Tensor {
  const mean = y.mean([2, 3], true)
  return y.sub(mean).square().mean([2, 3]).add(1e-8).sqrt()
}

/** The cosines between all rows, each without its mean: [N, D] to [N, N]. */
function similarities(rows: Tensor): Tensor {
  const centred = rows.sub(rows.mean([1], true))
  const unit = centred.div(centred.square().sum([1], true).add(1e-12).sqrt())
  return unit.matmul(unit, { transposeB: true })
}

/** || S(features) - S(one-hot labels) ||^2 / N^2 (Nokland and Eidnes 2019): features [N, D] to a scalar. */
export const similarityLoss = (features: Tensor, labels: Tensor, classes: number): Tensor =>
  similarities(features)
    .sub(similarities(oneHot(labels, classes)))
    .square()
    .mean()
