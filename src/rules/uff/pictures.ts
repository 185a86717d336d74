import { concat, type Tensor } from '../../graph/index.js'
import { filters } from '../../nn/pictures.js'
import type { Generator, Picture, Task } from '../contract.js'
import { passUp } from '../layerwise/pass.js'
import { imageShape } from '../task.js'
import type { Autoencoder } from './autoencoder.js'
import type { Cell, UffState } from './cell.js'
import type { Variational } from './variational.js'

/** A latent of cell `from`, decoded cell by cell down to pixels. */
function pixelsOf(cells: readonly Cell[], task: Task) {
  const shape = imageShape(task)
  return ({ layers }: UffState, latent: Tensor, from: number, places: readonly (Tensor | undefined)[] = []): Tensor => {
    let z = latent
    for (let i = from; i >= 0; i--)
      z = cells[i]!.decode(layers[i]!, z.reshape([z.shape[0]!, ...cells[i]!.outputShape]), places[i])
    return z
      .reshape([-1, ...shape])
      .maximum(0)
      .minimum(1)
  }
}

/**
 * By the last cell: its prior, decoded, and images that went up to it. `isPooled`: some code went through a pooling; without
 * the places where its values stood it is no image.
 */
export function uffGenerator(
  cells: readonly Cell[],
  task: Task,
  { hasPrior, isPooled }: { readonly hasPrior: boolean; readonly isPooled: boolean },
): Generator<UffState> {
  const pixels = pixelsOf(cells, task)
  const last = cells.length - 1
  return {
    noDensity:
      'each cell is trained apart and hands up one code without noise, so that no joint density of images and codes is ' +
      'defined whose likelihood could be told',
    ...(!isPooled && {
      latents: {
        of: 'the code of the last cell',
        encode: (state, { x }) => passUp(cells, state, { x })[last]!.made.output.reshape([task.batch, -1]),
        decode: (state, z) => pixels(state, z, last),
      },
    }),
    ...(hasPrior && {
      samples: (state, random) =>
        pixels(state, random.normal(`prior.${last}`, [task.batch, ...cells[last]!.outputShape]), last),
    }),
    reconstructions(state, { x }) {
      const passes = passUp(cells, state, { x })
      return pixels(
        state,
        passes[last]!.made.output,
        last,
        passes.map(({ made }) => made.places),
      )
    },
  }
}

/** What `onward samples` draws of a stack of cells. */
export function uffPictures(cells: readonly Cell[], task: Task, hasPrior: boolean): Record<string, Picture<UffState>> {
  const shape = imageShape(task)
  const pixels = pixelsOf(cells, task)
  return {
    ...filters(shape, ({ layers }: UffState) => (layers[0] as Autoencoder | Variational).encoder.weight, 16),
    reconstructions: {
      description: 'images, and below them their latents of each cell decoded down to pixels',
      columns: task.batch,
      rowNames: ['image', ...cells.map((_, i) => `from cell ${i}`)],
      columnNames: 'images',
      draw(state, { x }) {
        const passes = passUp(cells, state, { x })
        const places = passes.map(({ made }) => made.places)
        return concat([x, ...passes.map(({ made }, i) => pixels(state, made.output, i, places))], 0)
      },
    },
    ...(hasPrior && {
      prior: {
        description: 'codes drawn from the prior of each cell in turn, decoded down to pixels',
        columns: task.batch,
        rowNames: cells.map((_, i) => `of cell ${i}`),
        draw(state, { x, random }) {
          const codes = cells.map(({ outputShape }, i) => random.normal(`prior.${i}`, [x.shape[0]!, ...outputShape]))
          const rows = codes.map((z, i) => pixels(state, z, i))
          return concat(rows, 0)
        },
      },
    }),
  }
}
