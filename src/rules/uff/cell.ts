import type { Shape, Tensor } from '../../graph/index.js'
import { sampleAxes } from '../../nn/axes.js'
import type { Precision } from '../../nn/dense.js'
import { layerNorm } from '../../nn/group-norm.js'
import { binaryCrossEntropy, squaredError } from '../../nn/losses.js'
import type { Tree } from '../../nn/tree.js'
import type { LocalLayer, Passed } from '../layerwise/design.js'

/**
 * An unsupervised cell: an encoder E, a decoder D and a loss of its own. `forward` is E, without noise: what goes up is
 * the same in training and in use.
 */
export interface Cell<P extends Tree = Tree, Made extends Passed = Passed> extends LocalLayer<P, Tree, unknown, Made> {
  /** Of a sample, as of `CellInput`. */
  readonly outputShape: Shape
  /** D: the expected input of a latent. A latent that was pooled is put to all of its places, or to those given. */
  decode(p: P, latent: Tensor, places?: Tensor): Tensor
  /** Where the values of a max-pooled latent stood before the pooling. */
  places?(p: P, input: Tensor): Tensor
  /** Of a variational cell's code from its prior in nats, [N]. */
  divergence?(p: P, input: Tensor): Tensor
}

/** What a cell reads. */
export interface CellInput {
  /** Of a sample; flat ones are given shape. */
  readonly inputShape: Shape
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

/** In [0, 1]: D gives the logits of a sigmoid, and the error is its cross-entropy. */
export const PIXELS: Source = {
  normalized: (x) => x,
  expected: (decoded) => decoded.sigmoid(),
  error: (decoded, x) => binaryCrossEntropy(decoded, x).sum(sampleAxes(x)),
}

/** What the cell below handed up. D gives it back as it was, so that it can be decoded further down. */
export const LATENTS: Source = {
  normalized: (x) => layerNorm(x),
  expected: (decoded) => decoded,
  error: squaredError,
}
