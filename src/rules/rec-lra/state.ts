import type { Tensor } from '../../graph/index.js'
import type { Statistics } from '../../nn/batch-norm.js'
import type { Dense } from '../../nn/dense.js'
import type { Tree } from '../../nn/tree.js'
import type { InputScale } from '../../nn/whitening.js'

export type RecLraState = {
  /** The hidden layers and the output layer. */
  readonly layers: readonly Dense[]
  /** feedback[l] leads down to hidden layer l; in the shape of the forward weight that it mirrors. None: backprop. */
  readonly feedback: readonly Tensor[]
  readonly norms: readonly Statistics[]
  readonly input?: InputScale
  readonly optimizers: { readonly layers: readonly Tree[]; readonly feedback: readonly Tree[] }
}
