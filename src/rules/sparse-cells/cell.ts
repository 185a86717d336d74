import type { Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'
import type { Tree } from '../../nn/tree.js'
import type { Batch } from '../contract.js'

/** What a cell codes patches with: s = F x of whitened patches x, and what is taken off |s|. */
export interface Code {
  /** F, [L, D]. */
  readonly filters: Tensor
  /** theta, [L]. */
  readonly thresholds: Tensor
}

/** Scalars beside the loss of a cell. */
type Measured = Readonly<Record<string, Tensor>>

/** What learns to code patches of D numbers with L latents, without labels. */
export interface PatchCell<P extends Tree = Tree, Learner extends Tree = Tree> {
  /** From whitened patches [M, D] of the first batch. */
  init(random: Random, patches: Tensor): P
  /** What learning keeps beside the parameters before the first batch. */
  learner(parameters: P): Learner
  /** One step on whitened patches [M, D]. */
  learn(parameters: P, learner: Learner, patches: Tensor, batch: Batch): { next: [P, Learner]; measured: Measured }
  code(parameters: P): Code
}
