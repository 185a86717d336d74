import { concat, type Tensor } from '../../graph/index.js'
import { perChannel } from '../../nn/axes.js'
import { filters, rowByRow } from '../../nn/pictures.js'
import type { Picture } from '../contract.js'
import type { VaeCells, VaeLayerState } from './cell.js'
import { halves, twice } from './mirror.js'

/** Images in a picture, and samples of each cell. */
const SHOWN = 10

/** Latents of a cell (default: the last) decoded through all cells below down to pixels, in both networks. */
export function decodeToPixels(
  cells: readonly VaeCells[],
  state: Pick<VaeLayerState, 'layers' | 'running'>,
  latent: Tensor,
  level = cells.length - 1,
): Tensor {
  const x = cells[level]!.decode(state.layers[level]!, latent)
  if (level === 0) return x
  // The cell read standardised latents: back to the latents themselves.
  const { mean, variance } = state.running[level - 1]!
  const z = x.mul(perChannel(variance.add(1e-5).sqrt(), x)).add(perChannel(mean, x))
  return decodeToPixels(cells, state, z, level - 1)
}

/** What network A draws. `latentsOf`: what each cell makes of images, without noise. */
export function vaePictures(
  cells: readonly VaeCells[],
  shape: readonly [number, number, number],
  latentsOf: (state: VaeLayerState, x: Tensor) => Tensor[],
  hasPrior: boolean,
): Record<string, Picture<VaeLayerState>> {
  const pixels = (state: VaeLayerState, latents: readonly Tensor[]): Tensor[] =>
    latents.map((z, level) => halves(decodeToPixels(cells, state, z, level).maximum(0).minimum(1)).a)
  return {
    ...filters(shape, ({ layers }: VaeLayerState) => layers[0]!.a.encoder.hidden.weight),
    reconstructions: {
      description: 'an image in each row, then what is left of it after going up to each cell and back to pixels',
      columns: cells.length + 1,
      rowNames: 'images',
      columnNames: ['image', ...cells.map((_, i) => `cell ${i}`)],
      draw(state, { x }) {
        const images = x.slice(0, 0, Math.min(SHOWN, x.shape[0]!))
        return rowByRow([images, ...pixels(state, latentsOf(state, images))])
      },
    },
    ...(hasPrior && {
      prior: {
        description: 'latents drawn from the prior, a row for each cell (those of images may lie elsewhere)',
        columns: SHOWN,
        rowNames: cells.map((_, i) => `cell ${i}`),
        draw(state, { random }) {
          const drawn = cells.map(({ latentShape }, i) => twice(random.normal(`prior.${i}`, [SHOWN, ...latentShape])))
          return concat(pixels(state, drawn), 0)
        },
      },
    }),
  }
}
