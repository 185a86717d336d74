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

/** Rows and columns of a map, or of a window on it; none in a dense network. */
type Sides = readonly number[]

const pooled = (y: Tensor, window: Sides): Tensor =>
  window.every((side) => side === 1) ? y : averagePool2d(y, window as [number, number])

/** What a pooling leaves of a map. */
const left = (sides: Sides, window: Sides): Sides => sides.map((side, i) => Math.floor(side / window[i]!))

/** The pooling of a map to two rows and columns, or to one where it has no more, by windows that may overlap. */
function toTwo(y: Tensor, sides: Sides): Tensor {
  if (sides.every((side) => side <= 2)) return y
  const [size, stride] = [Math.ceil, Math.floor].map((round) => sides.map((side) => Math.max(1, round(side / 2))))
  return averagePool2d(y, size as [number, number], stride as [number, number])
}

/** Maps in heads have at most so many rows and columns (the convolution there costs as much as one in the layer). */
const MAP = 8

/** The head of a layer that puts out `shape`, [D] or [C, H, W]. The linear map starts at 0. */
export function headOf(shape: Shape, classes: number, h: LocalHeadsHyper, precision: Precision): Head {
  const [channels, ...sides] = shape as [number, ...number[]]
  const linear = (inputs: number): Dense => ({ weight: zeros([inputs, classes]), bias: zeros([classes]) })
  const near = sides.map((side) => Math.ceil(side / MAP))
  if (h.head === 'convolutional') {
    const map = left(sides, near)
    const inner = (random: Random, name: string): Tensor =>
      shape.length === 3
        ? convolution(random, name, channels, h.headUnits, 3, 'he').weight
        : dense(random, name, channels, h.headUnits, 'he').weight
    return {
      running: statistics(h.headUnits),
      init: (random, name) => ({
        linear: linear(h.headUnits * sizeOf(map.map((side) => Math.min(2, side)))),
        inner: inner(random, `${name}.inner`),
      }),
      say({ linear: last, inner: weight }, y, { running, training }) {
        const u =
          shape.length === 3
            ? convolved(pooled(y, near), weight!, { padding: 'same' }, precision)
            : product(y, weight!, precision)
        const normal = batchNormalized(u, { running: running!, training }, { momentum: h.momentumOfNorm })
        const active = gelu(normal.output)
        return { logits: affine(last, flat(shape.length === 3 ? toTwo(active, map) : active)), running: normal.running }
      },
    }
  }
  // The finest pooling of a map whose numbers the linear head may read.
  const windowOf = (most: number): Sides => sides.map((side) => Math.min(most, side))
  const inputsIn = (window: Sides): number => channels * sizeOf(left(sides, window))
  let most = 1
  while (inputsIn(windowOf(most)) > h.headInputs && most < Math.max(...sides)) most++
  const window = windowOf(most)
  const compares = h.head === 'predsim'
  return {
    running: undefined,
    init: (random, name) => ({
      linear: linear(inputsIn(window)),
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
