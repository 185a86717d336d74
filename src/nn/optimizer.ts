import type { Tensor } from '../graph/index.js'
import type { Tree } from './tree.js'

/**
 * A pair of pure functions over visible state. `update` takes the gradients of the parameters, in the order of their
 * leaves, and gives the new parameters and its own new state. `rate` is the step size of this step, a scalar.
 */
export interface Optimizer {
  init(parameters: Tree): Tree
  update<P extends Tree>(parameters: P, gradients: readonly Tensor[], state: Tree, rate: Tensor): [P, Tree]
}
