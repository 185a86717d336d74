import { concat, range, type Tensor } from '../../graph/index.js'
import {
  FILTER_SCALE,
  filterImages,
  rowByRow,
  TRAVERSED,
  TRAVERSED_RANGE,
  traversals,
  unitRows,
} from '../../nn/pictures.js'
import type { Picture, Task, View } from '../contract.js'
import { clamp, type States } from './hopfield.js'
import { modelOf, type Networks } from './model.js'
import type { HopfieldVaeHyper } from './options.js'

/** The sweeps after which a settling network is looked at. */
const LOOKS = [1, 2, 3, 4, 6, 8, 12, 20, 40, 80]

export function picturesOf<State>(
  task: Task,
  h: HopfieldVaeHyper,
  networksOf: (state: State) => Networks,
): Readonly<Record<string, Picture<State>>> {
  const model = modelOf(task, h)
  const images = (rows: Tensor): Tensor => rows.reshape([-1, ...task.input.shape])
  const drawn = (state: State, z: Tensor): Tensor => model.pixels(model.decode(networksOf(state), z))
  const means = (state: State, { x }: View): Tensor => model.encode(networksOf(state), model.rows(x)).mean

  const settling: Picture<State> = {
    description: 'an image, and how it appears from its code while the network that decodes settles, sweep after sweep',
    columns: 1 + LOOKS.length,
    rowNames: 'images',
    columnNames: ['image', ...LOOKS.map((sweeps) => `sweep ${sweeps}`)],
    draw(state, view) {
      const n = Math.min(8, view.x.shape[0]!)
      const decoder = model.decoderOf(networksOf(state))
      const { free } = clamp(decoder, model.decoding(means(state, view).slice(0, 0, n)))
      const seen: States[] = []
      for (const [i, sweeps] of LOOKS.entries()) seen.push(free(sweeps - (LOOKS[i - 1] ?? 0), seen.at(-1)))
      return images(rowByRow([model.rows(view.x).slice(0, 0, n), ...seen.map(({ output }) => model.pixels(output))]))
    },
  }
  return {
    reconstructions: {
      description: 'images, and below them what the network makes of their codes',
      columns: task.batch,
      rowNames: ['image', 'decoded'],
      columnNames: 'images',
      draw: (state, view) => images(concat([model.rows(view.x), drawn(state, means(state, view))], 0)),
    },
    prior: {
      description: 'images decoded from standard normal codes: from noise alone',
      columns: 10,
      draw: (state, { x, random }) => images(drawn(state, random.normal('prior', [x.shape[0]!, h.latent]))),
    },
    traversals: {
      description: `each latent unit of one image's code in its row, ${TRAVERSED_RANGE}`,
      columns: TRAVERSED.length,
      rowNames: Array.from({ length: h.latent }, (_, i) => `latent ${i}`),
      columnNames: TRAVERSED.map(String),
      draw: (state, view) => images(drawn(state, traversals(means(state, view).slice(0, 0, 1), range(h.latent)))),
    },
    ...(h.variant !== 'F' && { settling }),
    filters: {
      description: `couplings of the first hidden units of the encoder with the pixels: ${FILTER_SCALE}`,
      columns: 10,
      rowNames: unitRows(10, 10),
      draw: (state) => filterImages(model.encoderOf(networksOf(state)).hidden.visible!, task.input.shape, 100),
    },
  }
}
