import type { Dense } from '../../nn/dense.js'
import type { Tree } from '../../nn/tree.js'
import type { LabelAutoencoder } from './label-autoencoder.js'

export type TargetPropagationState = {
  /** The hidden layers and the output layer. */
  readonly layers: readonly Dense[]
  /** inverses[i] leads from layer i + 1 down to layer i. */
  readonly inverses: readonly Dense[]
  readonly autoencoder?: LabelAutoencoder
  readonly optimizers: {
    readonly layers: readonly Tree[]
    readonly inverses: readonly Tree[]
    readonly autoencoder?: Tree
  }
}
