import type { Shape } from '../graph/index.js'

/** What a block hands up: what the blocks above it read of it; of the highest, what it says. */
export interface Activity {
  /** The name of the block. */
  readonly block: string
  /** Of one sample: [units], [C, H, W]. */
  readonly shape: Shape
  /**
   * How many activities there are of each sample: more than one where the block is run on each sample several times, as
   * Forward-Forward does with each label in the input.
   */
  readonly views: number
  /** [samples, views, ...shape]. */
  readonly values: Float32Array
}
