import { scan } from '../../graph/index.js'
import type { Dense } from '../../nn/dense.js'
import { FILTER_SCALE, filterImages, rowByRow, signedImages, unitRows } from '../../nn/pictures.js'
import type { Drawable, Task } from '../contract.js'
import { networkOf } from './network.js'
import type { EquilibriumPropagationHyper } from './options.js'
import { energy, resting, sweep } from './settling.js'

/** Images whose settling is shown. */
const SHOWN = 8

/** What the pictures need of the rule's state. */
interface State {
  readonly layers: readonly Dense[]
}

export function picturesOf(task: Task, h: EquilibriumPropagationHyper): Readonly<Record<string, Drawable<State>>> {
  // Most of the way is gone in the first sweep, by the image alone; the rest is what the layers above have to say.
  const shown = Array.from({ length: 1 + Math.floor(Math.log2(h.freeSweeps)) }, (_, i) => 2 ** i)
  return {
    filters: {
      description: `what excites each of the first hidden units: ${FILTER_SCALE}`,
      columns: 16,
      rowNames: unitRows(8, 16),
      draw: ({ layers }) => filterImages(layers[0]!.weight, task.input.shape, 128),
    },
    settling: {
      description:
        'how the free phase settles: an image, what the first hidden layer sends back to it after sweep 1, and how that ' +
        'has changed by later sweeps (light: more, dark: less)',
      columns: 1 + shown.length,
      rowNames: 'images',
      columnNames: ['image', ...shown.map((count) => `sweep ${count}`)],
      draw({ layers }, view) {
        const n = Math.min(SHOWN, view.x.shape[0]!)
        const x = view.x.slice(0, 0, n)
        const { network } = networkOf(layers, x, task.precision, h)
        const { outputs } = scan(h.freeSweeps, resting(network), (states) => {
          const next = sweep(network, states)
          return { carried: [...next], outputs: [next[0]!] }
        })
        const [first, ...later] = shown.map((count) => outputs[0]!.slice(0, count - 1, count).reshape([n, -1]))
        const images = [first!, ...later.map((state) => state.sub(first!))].map((state) =>
          signedImages(state.matmul(layers[0]!.weight, { transposeB: true }), [n, ...task.input.shape]),
        )
        return rowByRow([x, ...images])
      },
    },
    energy: {
      description:
        'how the free phase settles: the energy of the states after each sweep, the mean over the images; it never grows',
      kind: 'curves',
      across: 'sweep',
      up: 'energy of an image',
      names: ['energy'],
      values({ layers }, { x }) {
        const { network } = networkOf(layers, x, task.precision, h)
        const { outputs } = scan(h.freeSweeps, resting(network), (states) => {
          const next = sweep(network, states)
          return { carried: [...next], outputs: [energy(network, next).mean()] }
        })
        return outputs[0]!.reshape([1, h.freeSweeps])
      },
    },
  }
}
