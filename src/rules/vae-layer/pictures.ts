import { range, type Tensor } from '../../graph/index.js'
import { perChannel } from '../../nn/axes.js'
import { FILTER_SCALE, filterImages, rowByRow, TRAVERSED, TRAVERSED_RANGE, traversals } from '../../nn/pictures.js'
import type { Picture } from '../contract.js'
import type { CellDesign } from './cell.js'
import { halves, type Side } from './mirror.js'
import type { VaeLayerState } from './vae-layer.js'

const IMAGES = 10
const SAMPLES = 40
const FILTERS = 64
/** Rows of a traversal at most. */
const MOVED = 10

/** Latents of cell `level` of a network, decoded through all cells below, down to pixels (not cut to [0, 1]). */
export function decodeToPixels(
  designs: readonly CellDesign[],
  { layers, running }: Pick<VaeLayerState, 'layers' | 'running'>,
  side: Side,
  latent: Tensor,
  level = designs.length - 1,
): Tensor {
  const x = designs[level]!.decode(layers[level]![side].decoder, latent)
  if (level === 0) return x
  // The cell read standardised latents: this undoes it.
  const { mean, variance } = running[level - 1]!
  const scale = halves(variance, 0)[side].add(1e-5).sqrt()
  const z = x.mul(perChannel(scale, x)).add(perChannel(halves(mean, 0)[side], x))
  return decodeToPixels(designs, { layers, running }, side, z, level - 1)
}

/** What network A can draw. */
export function vaePictures(
  designs: readonly CellDesign[],
  /** The latents that each cell of A makes of images, without noise. */
  latentsOf: (state: VaeLayerState, x: Tensor) => Tensor[],
  isVariational: boolean,
): Record<string, Picture<VaeLayerState>> {
  const pixels = (state: VaeLayerState, z: Tensor, level: number): Tensor =>
    decodeToPixels(designs, state, 'a', z, level).maximum(0).minimum(1)
  const samples = ({ latentShape }: CellDesign, level: number): [string, Picture<VaeLayerState>] => [
    `samples-${level}`,
    {
      description: `latents of cell ${level} drawn from the prior, decoded to pixels (with a small beta the latents of images lie elsewhere)`,
      columns: 10,
      draw: (state, { random }) => pixels(state, random.normal(`samples.${level}`, [SAMPLES, ...latentShape]), level),
    },
  ]
  const traversal = (_: CellDesign, level: number): [string, Picture<VaeLayerState>] => [
    `traversals-${level}`,
    {
      description: `one image; in each row one latent number (or channel) of cell ${level} goes ${TRAVERSED_RANGE}`,
      columns: TRAVERSED.length,
      draw(state, { x }) {
        const latent = latentsOf(state, x.slice(0, 0, 1))[level]!
        return pixels(state, traversals(latent, range(Math.min(MOVED, latent.shape[1]!))), level)
      },
    },
  ]
  return {
    reconstructions: {
      description: 'an image in each row, then what is left of it after going up to each cell and back to pixels',
      columns: designs.length + 1,
      draw(state, { x }) {
        const images = x.slice(0, 0, Math.min(IMAGES, x.shape[0]!))
        return rowByRow([images, ...latentsOf(state, images).map((z, level) => pixels(state, z, level))])
      },
    },
    ...(isVariational && Object.fromEntries(designs.map(samples))),
    ...Object.fromEntries(designs.map(traversal)),
    filters: {
      description: `weights of the first cell's encoder: ${FILTER_SCALE}`,
      columns: 8,
      draw: ({ layers }) => filterImages(layers[0]!.a.encoder.hidden.weight, designs[0]!.inputShape, FILTERS),
    },
  }
}
