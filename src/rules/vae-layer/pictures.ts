import { concat, constant, type Tensor } from '../../graph/index.js'
import { FILTER_SCALE, filterImages } from '../../nn/pictures.js'
import type { Picture, View } from '../contract.js'
import { asPixels, climb, descend, type VaeStack } from './stack.js'

const IMAGES = 10
const SAMPLES = 40
const FILTERS = 64
/** Values that one latent number takes, in units of its prior's deviation. */
const STEPS = [-3, -2, -1, 0, 1, 2, 3]
const TRAVERSED = 10

/** Images [R, C, H, W] of each column to images row after row. */
function interleaved(columns: readonly Tensor[]): Tensor {
  const [first] = columns
  const spread = columns.map((images) => images.reshape([images.shape[0]!, 1, ...images.shape.slice(1)]))
  return concat(spread, 1).reshape([columns.length * first!.shape[0]!, ...first!.shape.slice(1)])
}

/** The first image's latents of a level, in each row another one of them moved through `STEPS`. */
function traversal(stack: VaeStack, level: number, images: Tensor): Tensor {
  const { mean } = climb(stack, images.slice(0, 0, 1))[level]!.latents
  const [, channels] = mean.shape as [number, number]
  const rows = Math.min(TRAVERSED, channels)
  const moved = Array.from({ length: rows }, (_, j) =>
    STEPS.map((value) => {
      const chosen = constant(Float64Array.from({ length: channels }, (_, k) => Number(k === j)))
      const mask = chosen.reshape(mean.shape.map((size, axis) => (axis === 1 ? size : 1)))
      return mean.mul(constant(1).sub(mask)).add(mask.mul(value))
    }),
  ).flat()
  return asPixels(descend(stack, level, concat(moved, 0)))
}

/** What a network of cells can draw; `of` gives the network from the learned state. */
export function vaePictures<State>(
  of: (state: State) => VaeStack,
  { cells, variational, shape }: { cells: number; variational: boolean; shape: readonly [number, number, number] },
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
  const traversals = (level: number): Picture<State> => ({
    description: `one image; in each row one latent number (or channel) of cell ${level} goes from -3 to 3`,
    columns: STEPS.length,
    draw: (state, { x }) => traversal(of(state), level, x),
  })
  return {
    reconstructions: {
      description: 'an image in each row, then what is left of it after going up to each cell and back to pixels',
      columns: cells + 1,
      draw(state, { x }) {
        const stack = of(state)
        const images = x.slice(0, 0, Math.min(IMAGES, x.shape[0]!))
        const back = climb(stack, images).map(({ latents }, level) => asPixels(descend(stack, level, latents.mean)))
        return interleaved([images, ...back])
      },
    },
    ...(variational && Object.fromEntries(levels.map((level) => [`samples-${level}`, samples(level)]))),
    ...Object.fromEntries(levels.map((level) => [`traversals-${level}`, traversals(level)])),
    filters: {
      description: `weights of the first cell's encoder: ${FILTER_SCALE}`,
      columns: 8,
      draw: (state) => filterImages(of(state).cells[0]!.encoder.hidden.weight, shape, FILTERS),
    },
  }
}
