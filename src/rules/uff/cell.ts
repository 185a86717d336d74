import type { Shape, Tensor } from '../../graph/index.js'
import { sampleAxes } from '../../nn/axes.js'
import { layerNorm } from '../../nn/group-norm.js'
import { binaryCrossEntropy, squaredError } from '../../nn/losses.js'
import type { Random } from '../../nn/random.js'
import type { Tree } from '../../nn/tree.js'

/** An unsupervised cell: an encoder E, a decoder D and a loss of its own. Shapes are those of a sample. */
export interface Cell<P extends Tree> {
  readonly inputShape: Shape
  readonly outputShape: Shape
  init(random: Random, name: string): P
  /** What goes up of `below`, what the cell below handed up. No noise: it is the same in training and in use. */
  encode(p: P, below: Tensor): Tensor
  /** The same, with the loss that the cell learns from. `name` is that of its noise. */
  learn(p: P, below: Tensor, random: Random, name: string): Learned
  /** D, in use: what was below a latent, as it is expected. Without its `places` a pooled latent is put everywhere. */
  decode(p: P, latent: Tensor, places?: Tensor): Tensor
  /** Where the values of a max-pooled latent stood before. */
  places?(p: P, below: Tensor): Tensor
  /** Nats of a variational cell's code, [N]. */
  divergence?(p: P, below: Tensor): Tensor
}

export interface Learned {
  readonly latent: Tensor
  /** A scalar. */
  readonly loss: Tensor
  /** Of a variational cell's code, a scalar. */
  readonly divergence?: Tensor
}

/** How a cell treats what it reads. */
export interface Source {
  normalized(x: Tensor): Tensor
  /** The expected input, from what D gives. */
  expected(decoded: Tensor): Tensor
  /** [N], of what D gives. */
  error(decoded: Tensor, x: Tensor): Tensor
}

/** Of the first cell: in [0, 1], and D gives their logits. */
export const PIXELS: Source = {
  normalized: (x) => x,
  expected: (decoded) => decoded.sigmoid(),
  error: (decoded, x) => binaryCrossEntropy(decoded, x).sum(sampleAxes(x)),
}

/** Of the others: what the cell below handed up. */
export const LATENTS: Source = { normalized: (x) => layerNorm(x), expected: (decoded) => decoded, error: squaredError }
