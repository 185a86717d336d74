import { constant, type Tensor } from '../../graph/index.js'
import { perChannel } from '../../nn/axes.js'
import { batchNormInference, type Statistics } from '../../nn/batch-norm.js'
import type { Precision } from '../../nn/dense.js'
import type { CellDesign, Latents, VaeCell } from '../../nn/vae-cell.js'

/** One trained network of cells; `statistics` of each cell's latents are absent where they are not standardised. */
export interface VaeStack {
  readonly designs: readonly CellDesign[]
  readonly cells: readonly VaeCell[]
  readonly statistics: readonly (Statistics | undefined)[]
  readonly precision: Precision
}

const EPSILON = 1e-5

/** What the cell above reads of latents. */
export const standardizedInUse = (z: Tensor, own: Statistics | undefined): Tensor =>
  own ? batchNormInference(z, own, { epsilon: EPSILON }) : z

/** The way back: latents from what the cell above reconstructed. */
const destandardized = (y: Tensor, own: Statistics | undefined): Tensor =>
  own ? y.mul(perChannel(own.variance.add(EPSILON).sqrt(), y)).add(perChannel(own.mean, y)) : y

/** What a network without noise makes of images, cell by cell. */
export interface Level {
  readonly input: Tensor
  readonly latents: Latents
  /** The standardised means, which go up. */
  readonly output: Tensor
}

export function climb({ designs, cells, statistics, precision }: VaeStack, images: Tensor): Level[] {
  const levels: Level[] = []
  for (const [i, design] of designs.entries()) {
    const input = levels[i - 1]?.output ?? images
    const latents = design.encode(cells[i]!.encoder, input, precision)
    levels.push({ input, latents, output: standardizedInUse(latents.mean, statistics[i]) })
  }
  return levels
}

/** Latents z of cell `level` decoded through all cells below, down to pixels [N, C, H, W] (not cut to [0, 1]). */
export function descend(stack: VaeStack, level: number, z: Tensor): Tensor {
  const { designs, cells, statistics, precision } = stack
  const x = designs[level]!.decode(cells[level]!.decoder, z, precision)
  return level === 0 ? x : descend(stack, level - 1, destandardized(x, statistics[level - 1]))
}

/** Numbers cut to [0, 1], as pixels are. */
export const asPixels = (x: Tensor): Tensor => x.maximum(constant(0)).minimum(1)
