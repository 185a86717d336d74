import { averagePool2d, concat, constant, conv2d, type Tensor } from '../../graph/index.js'
import { sampleAxes } from '../../nn/axes.js'
import type { CovarianceHyper } from './options.js'

/** The shape [C, H, W] of a layer's map, and how its energies are pooled. */
interface Map {
  readonly channels: number
  readonly side: number
}

/** What a goodness is made of: one group of energies for each, [N, size] in all. */
export interface Goodness {
  /** Energies in all groups together. */
  readonly size: number
  /** Of activities [N, C, H, H]: the groups side by side, each standardised. `a`: the projections [R, C]. */
  of(y: Tensor, a: Tensor | undefined): Tensor
}

/** The largest grid of which so many channels hold at most `most` numbers. */
export function gridFor({ channels, side }: Map, most: number): number {
  let grid = side
  while (grid > 1 && channels * grid * grid > most) grid--
  return grid
}

/** Means over `grid` x `grid` windows of equal size that cover a map and may overlap: [N, C, H, H] to [N, C, P, P]. */
export function toGrid(y: Tensor, grid: number): Tensor {
  const side = y.shape[2]!
  const stride = Math.floor(side / grid)
  return side === grid ? y : averagePool2d(y, side - (grid - 1) * stride, stride)
}

/** Each sample with mean 0 and variance 1: [N, ...] to [N, D]. A fixed read-out would else go by the largest group. */
function standardised(energies: Tensor): Tensor {
  const rows = energies.reshape([energies.shape[0]!, -1])
  const centred = rows.sub(rows.mean([1], true))
  return centred.div(centred.square().mean([1], true).add(1e-6).sqrt())
}

export const projectionsOf = (channels: number, h: CovarianceHyper): number =>
  h.channel === 'none' ? 0 : Math.max(1, Math.round(channels * h.projections))

/**
 * The goodness of a map, by what the second moments of its channels and places hold (specification 7.3):
 *   energies       mean of y_c^2 over each window of the grid
 *   projections    mean of (a_r . y)^2 = a_r^T S a_r, S the second moments of the channels there
 *   cells of k     mean of (mean of y_c over k x k places)^2: it holds the products of neighbouring places
 */
export function goodnessOf(map: Map, h: CovarianceHyper): Goodness {
  const { channels, side } = map
  const projections = projectionsOf(channels, h)
  const cells = h.space.filter((k) => Math.floor(side / k) >= 1)
  const pooled = (count: number, of: number): number => gridFor({ channels: count, side: of }, h.values)
  const grids = {
    energies: pooled(channels, side),
    projections: projections > 0 ? pooled(projections, side) : 0,
    cells: cells.map((k) => pooled(channels, Math.floor(side / k))),
  }
  const sizes = [
    channels * grids.energies ** 2,
    projections * grids.projections ** 2,
    ...grids.cells.map((grid) => channels * grid ** 2),
  ]
  return {
    size: sizes.reduce((a, b) => a + b),
    of(y, a) {
      const groups = [
        toGrid(y.square(), grids.energies),
        ...(a ? [toGrid(conv2d(y, a.reshape([projections, channels, 1, 1])).square(), grids.projections)] : []),
        ...cells.map((k, i) => toGrid(averagePool2d(y, k).square(), grids.cells[i]!)),
      ]
      return concat(groups.map(standardised), 1)
    },
  }
}

/** z / sqrt(mean of z^2 over a sample): the next layer does not see how much goodness there was. */
export const rootMeanSquared = (z: Tensor): Tensor => z.div(z.square().mean(sampleAxes(z), true).add(1e-8).sqrt())

/** Numbers of the structure: fixed, and no state. */
export const fixed = (numbers: Float32Array, shape: readonly number[], scale: number): Tensor =>
  constant(numbers, shape).mul(scale)
