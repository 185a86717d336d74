import { concat, type Tensor, topK } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { FILTER_SCALE, filterImages, TRAVERSED, TRAVERSED_RANGE, traversals } from '../../nn/pictures.js'
import type { Picture, Task } from '../contract.js'
import { type CellOptions, type CellParameters, cellsOf, latentsOf } from './cells.js'

interface Cells {
  readonly layers: readonly CellParameters[]
}

const FILTERS = 128
const SHOWN = 10

/** What `onward samples` draws of a stack of cells. */
export function uffPictures(task: Task, options: CellOptions): Record<string, Picture<Cells>> {
  const cells = cellsOf(task, options)
  /** A latent of cell `from`, decoded cell by cell down to pixels. */
  const pixels = ({ layers }: Cells, latent: Tensor, from: number, places: readonly (Tensor | undefined)[] = []) => {
    let z = latent
    for (let i = from; i >= 0; i--)
      z = cells[i]!.decode(layers[i]!, z.reshape([z.shape[0]!, ...cells[i]!.outputShape]), places[i])
    return z
      .reshape([z.shape[0]!, ...task.input.shape])
      .maximum(0)
      .minimum(1)
  }
  const top = cells.length - 1
  const pictures: Record<string, Picture<Cells>> = {
    filters: {
      description: `weights of the first cell: ${FILTER_SCALE}`,
      columns: 16,
      draw: ({ layers }) => filterImages(layers[0]!.encoder[0]!.weight, task.input.shape, FILTERS),
    },
    reconstructions: {
      description: 'images, and below them their latents of each cell decoded down to pixels',
      columns: task.batch,
      draw: (state, { x }) => {
        const latents = latentsOf(cells, state.layers, x)
        const places = cells.map((cell, i) => cell.places?.(state.layers[i]!, latents[i - 1] ?? x))
        return concat([x, ...latents.map((z, i) => pixels(state, z, i, places))], 0)
      },
    },
  }
  if (options.cell !== 'variational') return pictures
  return {
    ...pictures,
    prior: {
      description: 'codes drawn from the prior of each cell in turn, decoded down to pixels',
      columns: task.batch,
      draw: (state, { x, random }) => {
        const rows = cells.map(({ outputShape }, i) =>
          pixels(state, random.normal(`prior.${i}`, [x.shape[0]!, ...outputShape]), i),
        )
        return concat(rows, 0)
      },
    },
    traversals: {
      description: `the code of the first image in the last cell, one component a row moved ${TRAVERSED_RANGE}: those that vary most`,
      columns: TRAVERSED.length,
      draw: (state, { x }) => {
        const latent = latentsOf(cells, state.layers, x).at(-1)!
        const means = flat(latent)
        const size = means.shape[1]!
        const spread = means.sub(means.mean(0, true)).square().mean(0)
        const { indices } = topK(spread, Math.min(SHOWN, size))
        return pixels(state, traversals(means.slice(0, 0, 1), indices), top)
      },
    },
  }
}
