import { concat, oneHot, range, reversed, scan, type Tensor } from '../../graph/index.js'
import { filters } from '../../nn/pictures.js'
import type { Picture, Task } from '../contract.js'
import { classesOf } from '../task.js'
import { constraints, networkOf, upwards, type Weights } from './network.js'
import { type PredictiveCodingHyper, relaxationOf } from './options.js'
import { drives, energy, listOf, pointOf, startOf, turn } from './relaxation.js'

/** What the pictures need of the rule's state. */
interface State {
  readonly weights: Weights
  readonly eta?: Tensor
}

/** How many powers of ten below the largest value of a map its pixels are black. */
const DECADES = 4

/** Pixels to each side of one turn of one layer. */
const SIDE = 4

/** [T, H], 0 or more, as pixels [H, T]: the highest layer on top, light where a value is large. */
function map(values: Tensor): Tensor {
  const relative = values.div(values.max().add(1e-30)).add(1e-30)
  const light = relative.log().mul(1 / (DECADES * Math.LN10))
  return reversed(light.add(1).relu().transpose())
}

/** [T], 0 or more, as pixels [rows, T]: a curve that is filled below. */
function curve(values: Tensor, rows: number): Tensor {
  const height = values.div(values.max().add(1e-30)).mul(rows)
  const level = range(rows).cast('float32').reshape([rows, 1])
  return reversed(height.greater(level).cast('float32'))
}

/** Every pixel of [rows, columns] SIDE times as high and as wide: [1, 1, rows SIDE, columns SIDE]. */
function enlarged(pixels: Tensor): Tensor {
  const [rows, columns] = pixels.shape as [number, number]
  const spread = pixels.reshape([rows, 1, columns, 1]).broadcastTo([rows, SIDE, columns, SIDE])
  return spread.reshape([1, 1, rows * SIDE, columns * SIDE])
}

/** The root of the mean square of each layer, [H]. */
const sizes = (x: Tensor): Tensor => x.square().mean([1, 2]).sqrt()

export function pictures(task: Task, h: PredictiveCodingHyper): Readonly<Record<string, Picture<State>>> {
  const r = relaxationOf(h)
  const settling: Picture<State> = {
    description:
      'while the images settle, turn by turn from the left: what each layer learns by, and how far it is from what ' +
      'is predicted (the output on top, light is strong, black a ten-thousandth); the energy of activities and multipliers',
    columns: 3,
    draw({ weights, eta }, { x, target }) {
      const net = networkOf(weights, x, task.precision, h)
      const y = oneHot(target, classesOf(task))
      const { outputs } = scan(r.turns, listOf(startOf(upwards(net), r)), (carried) => {
        const point = turn(net, pointOf(carried), y, eta!, r)
        const c = constraints(net, point.z)
        const own = [sizes(drives(c, point.lambda, r.rho)), sizes(c), energy(net, point, y, r.rho).mean()]
        return { carried: listOf(point), outputs: own }
      })
      const [credit, residual, energies] = outputs as [Tensor, Tensor, Tensor]
      return concat([map(credit), map(residual), curve(energies, h.depth - 1)].map(enlarged), 0)
    },
  }
  return {
    ...filters(task.input.shape, ({ weights }: State) => weights.first),
    ...(h.method !== 'backprop' && { settling }),
  }
}
