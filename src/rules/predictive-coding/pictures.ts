import { oneHot, reversed, scan, type Tensor } from '../../graph/index.js'
import { filters } from '../../nn/pictures.js'
import type { Chart, Drawable, Task, View } from '../contract.js'
import { classesOf } from '../task.js'
import { constraints, networkOf, upwards, type Weights } from './network.js'
import { type PredictiveCodingHyper, relaxationOf } from './options.js'
import { drives, energy, listOf, type Point, pointOf, startOf, turn } from './relaxation.js'

/** What the pictures need of the rule's state. */
interface State {
  readonly weights: Weights
  readonly eta?: Tensor
}

/** The root of the mean square of each layer, [H]. */
const sizes = (x: Tensor): Tensor => x.square().mean([1, 2]).sqrt()

/** How many powers of ten below the largest value of a map its cells are white. */
const DECADES = 4

export function pictures(task: Task, h: PredictiveCodingHyper): Readonly<Record<string, Drawable<State>>> {
  const r = relaxationOf(h)
  /** What each turn of the relaxation measures of all layers, [turns, ...]. */
  const course = ({ weights, eta }: State, { x, target }: View, measured: (turned: Turned) => Tensor): Tensor => {
    const net = networkOf(weights, x, task.precision, h)
    const y = oneHot(target, classesOf(task))
    const { outputs } = scan(r.turns, listOf(startOf(upwards(net), r)), (carried) => {
      const point = turn(net, pointOf(carried), y, eta!, r)
      return { carried: listOf(point), outputs: [measured({ net, point, y })] }
    })
    return outputs[0]!
  }
  const layers = Array.from({ length: h.depth - 1 }, (_, i) => `layer ${h.depth - 2 - i}`)
  const map = (description: string, up: string, measured: (turned: Turned) => Tensor): Chart<State> => ({
    description,
    ...{ kind: 'map', across: 'turn of the relaxation', up, names: layers, decades: DECADES },
    values: (state, view) => reversed(course(state, view, measured).transpose()),
  })
  const settling: Record<string, Chart<State>> = {
    credit: map(
      'while the images settle: what each layer learns by, turn after turn; it comes down from the output',
      'size of the credit: dark is the largest, white a ten-thousandth of it',
      ({ net, point }) => sizes(drives(constraints(net, point.z), point.lambda, r.rho)),
    ),
    residual: map(
      'while the images settle: how far each layer is from what the one below predicts, turn after turn',
      'size of the difference: dark is the largest, white a ten-thousandth of it',
      ({ net, point }) => sizes(constraints(net, point.z)),
    ),
    energy: {
      description:
        'while the images settle: the energy of activities and multipliers after each turn, the mean over the images; multipliers may raise it',
      ...{ kind: 'curves', across: 'turn of the relaxation', up: 'energy of an image', names: ['energy'] },
      values: (state, view) =>
        course(state, view, ({ net, point, y }) => energy(net, point, y, r.rho).mean()).reshape([1, r.turns]),
    },
  }
  return {
    ...filters(task.input.shape, ({ weights }: State) => weights.first),
    ...(h.method !== 'backprop' && settling),
  }
}

/** A network after a turn of its relaxation, and what its output should be. */
interface Turned {
  readonly net: ReturnType<typeof networkOf>
  readonly point: Point
  readonly y: Tensor
}
