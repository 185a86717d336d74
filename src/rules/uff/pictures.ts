import { concat, type Tensor, topK } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { FILTER_SCALE, filterImages, TRAVERSED, TRAVERSED_RANGE, traversals } from '../../nn/pictures.js'
import type { Picture, Task } from '../contract.js'
import type { Stack } from '../layerwise/design.js'
import { outputsInUse } from '../layerwise/pass.js'
import type { Autoencoder } from './autoencoder.js'
import type { Cell } from './cell.js'
import type { Variational } from './variational.js'

const FILTERS = 128
const SHOWN = 10

/** What `onward samples` draws of a stack of cells. */
export function uffPictures(
  cells: readonly Cell[],
  { input: { shape }, batch }: Task,
  isVariational: boolean,
): Record<string, Picture<Stack>> {
  /** A latent of cell `from`, decoded cell by cell down to pixels. */
  const pixels = ({ layers }: Stack, latent: Tensor, from: number, places: readonly (Tensor | undefined)[] = []) => {
    let z = latent
    for (let i = from; i >= 0; i--)
      z = cells[i]!.decode(layers[i]!, z.reshape([z.shape[0]!, ...cells[i]!.outputShape]), places[i])
    return z
      .reshape([z.shape[0]!, ...shape])
      .maximum(0)
      .minimum(1)
  }
  return {
    filters: {
      description: `weights of the first cell: ${FILTER_SCALE}`,
      columns: 16,
      draw({ layers }) {
        const first = layers[0] as Autoencoder | Variational
        return filterImages(('encoder' in first ? first.encoder : first.hidden).weight, shape, FILTERS)
      },
    },
    reconstructions: {
      description: 'images, and below them their latents of each cell decoded down to pixels',
      columns: batch,
      draw(state, { x }) {
        const latents = outputsInUse({ layers: cells }, state, x)
        const places = cells.map((cell, i) => cell.places?.(state.layers[i]!, latents[i - 1] ?? x))
        return concat([x, ...latents.map((z, i) => pixels(state, z, i, places))], 0)
      },
    },
    ...(isVariational && {
      prior: {
        description: 'codes drawn from the prior of each cell in turn, decoded down to pixels',
        columns: batch,
        draw: (state, { x, random }) => {
          const drawn = cells.map(({ outputShape }, i) => random.normal(`prior.${i}`, [x.shape[0]!, ...outputShape]))
          return concat(
            drawn.map((z, i) => pixels(state, z, i)),
            0,
          )
        },
      },
      traversals: {
        description: `the code of the first image in the last cell, one component a row moved ${TRAVERSED_RANGE}: those that vary most`,
        columns: TRAVERSED.length,
        draw: (state, { x }) => {
          const means = flat(outputsInUse({ layers: cells }, state, x).at(-1)!)
          const spread = means.sub(means.mean(0, true)).square().mean(0)
          const { indices } = topK(spread, Math.min(SHOWN, means.shape[1]!))
          return pixels(state, traversals(means.slice(0, 0, 1), indices), cells.length - 1)
        },
      },
    }),
  }
}
