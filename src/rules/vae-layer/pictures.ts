import { range, type Shape } from '../../graph/index.js'
import { FILTER_SCALE, filterImages, rowByRow, TRAVERSED, TRAVERSED_RANGE, traversals } from '../../nn/pictures.js'
import type { Picture, View } from '../contract.js'
import { asPixels, climb, descend, type VaeStack } from './stack.js'

const IMAGES = 10
const SAMPLES = 40
const FILTERS = 64
/** Rows of a traversal at most. */
const MOVED = 10

/** What a network of cells can draw; `of` gives the network from the learned state. */
export function vaePictures<State>(
  of: (state: State) => VaeStack,
  { cells, variational, shape }: { cells: number; variational: boolean; shape: Shape },
): Record<string, Picture<State>> {
  const levels = Array.from({ length: cells }, (_, level) => level)
  const samples = (level: number): Picture<State> => ({
    description: `latents of cell ${level} drawn from the prior, decoded to pixels (with a small beta the latents of images lie elsewhere)`,
    columns: 10,
    draw(state: State, { random }: View) {
      const stack = of(state)
      const z = random.normal(`samples.${level}`, [SAMPLES, ...stack.designs[level]!.latentShape])
      return asPixels(descend(stack, level, z))
    },
  })
  const traversal = (level: number): Picture<State> => ({
    description: `one image; in each row one latent number (or channel) of cell ${level} goes ${TRAVERSED_RANGE}`,
    columns: TRAVERSED.length,
    draw(state, { x }) {
      const { mean } = climb(of(state), x.slice(0, 0, 1))[level]!.latents
      return asPixels(descend(of(state), level, traversals(mean, range(Math.min(MOVED, mean.shape[1]!)))))
    },
  })
  return {
    reconstructions: {
      description: 'an image in each row, then what is left of it after going up to each cell and back to pixels',
      columns: cells + 1,
      draw(state, { x }) {
        const stack = of(state)
        const images = x.slice(0, 0, Math.min(IMAGES, x.shape[0]!))
        const back = climb(stack, images).map(({ latents }, level) => asPixels(descend(stack, level, latents.mean)))
        return rowByRow([images, ...back])
      },
    },
    ...(variational && Object.fromEntries(levels.map((level) => [`samples-${level}`, samples(level)]))),
    ...Object.fromEntries(levels.map((level) => [`traversals-${level}`, traversal(level)])),
    filters: {
      description: `weights of the first cell's encoder: ${FILTER_SCALE}`,
      columns: 8,
      draw: (state) => filterImages(of(state).cells[0]!.encoder.hidden.weight, shape, FILTERS),
    },
  }
}
