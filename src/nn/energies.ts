import { averagePool2d, concat, conv2d, type Tensor } from '../graph/index.js'

/** The channels of a layer's map, and its rows or columns, whichever are fewer. */
interface Map {
  readonly channels: number
  readonly side: number
}

/** Which energies are taken of a map. */
export interface EnergyOptions {
  /** Most energies of one group: sets the grid that they are pooled to. */
  readonly values: number
  /** How many projections of the channels have an energy, R. */
  readonly projections: number
  /** Sides of the cells whose means are squared. */
  readonly space: readonly number[]
}

/** Energies of a map, in groups. */
export interface Energies {
  /** Energies in all groups together. */
  readonly size: number
  /** Of activities [N, C, H, W] to [N, size]: the groups side by side, each standardised. `a`: projections [R, C]. */
  of(y: Tensor, a: Tensor | undefined): Tensor
}

/** The largest grid of which so many channels hold at most `most` numbers. */
export function gridFor({ channels, side }: Map, most: number): number {
  let grid = side
  while (grid > 1 && channels * grid * grid > most) grid--
  return grid
}

/** Means over `grid` x `grid` windows of equal size that cover a map and may overlap: [N, C, H, W] to [N, C, P, P]. */
export function toGrid(y: Tensor, grid: number): Tensor {
  const sides = y.shape.slice(2)
  const stride = sides.map((side) => Math.floor(side / grid))
  const size = sides.map((side, i) => side - (grid - 1) * stride[i]!)
  return size.every((side) => side === 1) ? y : averagePool2d(y, size as [number, number], stride as [number, number])
}

/** Each sample with mean 0 and variance 1: [N, ...] to [N, D]. A read-out would else go by the largest group. */
function standardised(energies: Tensor): Tensor {
  const rows = energies.reshape([energies.shape[0]!, -1])
  const centred = rows.sub(rows.mean([1], true))
  return centred.div(centred.square().mean([1], true).add(1e-6).sqrt())
}

/**
 * The energies of a map: what the second moments of its channels and places hold (Forward-Forward specification 7.3).
 *   energies       mean of y_c^2 over each window of the grid
 *   projections    mean of (a_r . y)^2 = a_r^T S a_r, S the second moments of the channels there
 *   cells of k     mean of (mean of y_c over k x k places)^2: it holds the products of neighbouring places
 */
export function energiesOf({ channels, side }: Map, { values, projections, space }: EnergyOptions): Energies {
  const cells = space.filter((k) => Math.floor(side / k) >= 1)
  const pooled = (count: number, of: number): number => gridFor({ channels: count, side: of }, values)
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
