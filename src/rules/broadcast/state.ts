import type { Tensor } from '../../graph/index.js'
import type { Dense } from '../../nn/dense.js'
import type { Tree } from '../../nn/tree.js'

export type BroadcastState = {
  /** The hidden layers and the output layer. */
  readonly layers: readonly Dense[]
  /** R_k of the hidden layers, [n_k, M]: sbd, ebd. */
  readonly correlations?: readonly Tensor[]
  /** feedback[k] leads to hidden layer k, [n_k, K] or as the weight that it mirrors: dfa, fa, kolen-pollack; drtp; magnitudes of sign-symmetry. */
  readonly feedback?: readonly Tensor[]
  readonly optimizers: readonly Tree[]
}
