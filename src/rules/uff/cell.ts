import type { Shape, Tensor } from '../../graph/index.js'
import { sampleAxes } from '../../nn/axes.js'
import type { Dense, Precision } from '../../nn/dense.js'
import { layerNorm } from '../../nn/layer-norm.js'
import { binaryCrossEntropy, squaredError } from '../../nn/losses.js'
import type { Tree } from '../../nn/tree.js'
import type { LocalLayer, Passed, Stack } from '../layerwise/design.js'

/** The cells, and the read-outs of their latents. */
export type UffState = Stack<Tree, Tree, readonly Dense[]>

/**
 * An unsupervised cell: `forward` is its encoder E, which has no noise, and its loss is on what its decoder D gives.
 */
export interface Cell<P extends Tree = Tree, E extends Encoded = Encoded> extends LocalLayer<P, Tree, unknown, E> {
  readonly outputShape: Shape
  /** D: the expected input, from a latent and, if it was pooled, its places. */
  decode(p: P, latent: Tensor, places?: Tensor): Tensor
}

export interface Encoded extends Passed {
  /** Where the values of a max-pooled output stood before the pooling. */
  readonly places?: Tensor
  /** Of a variational cell's code from its prior in nats, [N]. */
  readonly divergence?: Tensor
}

export interface CellOptions {
  readonly source: Source
  readonly precision: Precision
}

/** What kind of numbers a cell reads and reconstructs. */
export interface Source {
  /** What E reads. */
  normalized(x: Tensor): Tensor
  /** The expected input, from what D gives. */
  expected(decoded: Tensor): Tensor
  /** ||D(z) - x||^2 or its like, [N]. */
  error(decoded: Tensor, x: Tensor): Tensor
}

/** Real numbers, as they are. */
export const NUMBERS: Source = { normalized: (x) => x, expected: (decoded) => decoded, error: squaredError }

/** In [0, 1]: D gives the logits of a sigmoid, and the error is its cross-entropy. */
export const PIXELS: Source = {
  ...NUMBERS,
  expected: (decoded) => decoded.sigmoid(),
  error: (decoded, x) => binaryCrossEntropy(decoded, x).sum(sampleAxes(x)),
}

/** What the cell below handed up. D gives it back as it was, not normalised, so that it can be decoded further down. */
export const LATENTS: Source = { ...NUMBERS, normalized: (x) => layerNorm(x) }
