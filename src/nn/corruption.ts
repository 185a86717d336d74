import type { Tensor } from '../graph/index.js'
import type { Random } from './random.js'

/** Corruptions of a denoising auto-encoder's input (Vincent et al. 2008, 2010); `name` is the noise's own. */
export const CORRUPTIONS = {
  /** x + level n, n standard normal. */
  gaussian: (x: Tensor, level: number, random: Random, name: string): Tensor =>
    x.add(random.normal(name, x.shape).mul(level)),
  /** Each element is set to zero with probability `level`. */
  masking: (x: Tensor, level: number, random: Random, name: string): Tensor =>
    x.mul(random.uniform(name, x.shape).greaterEqual(level).cast('float32')),
} as const

export type Corruption = keyof typeof CORRUPTIONS
