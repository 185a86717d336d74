import { concat, constant, range, scan, type Tensor } from '../../graph/index.js'
import { uniformWeights } from '../../nn/initialize.js'
import type { Random } from '../../nn/random.js'
import type { Picture } from '../contract.js'
import { pairSums, updateScale } from './pairing.js'
import { type AlignmentOptions, align } from './phase.js'
import { forwardOf, type Pair, record } from './spiking.js'

/** Units of each layer that spike for a picture, at most. */
const UNITS = 50

/** Updates along a course, one for each column of its picture. */
const UPDATES = 100

/** The first units of both layers, and what lies between these. */
function part(pair: Pair): Pair {
  const { feedback, lowerBias, upperBias } = pair
  const [n, m] = feedback.shape.map((size) => Math.min(size, UNITS)) as [number, number]
  const of = (weight: Tensor): Tensor => weight.slice(0, 0, n).slice(1, 0, m)
  return {
    forward: [of(forwardOf(pair))],
    feedback: of(feedback),
    lowerBias: lowerBias?.slice(0, 0, n),
    upperBias: upperBias?.slice(0, 0, m),
  }
}

/** Pixels of a column. */
const WIDTH = 3

/**
 * Values [count, curves] as curves from left to right: [1, 1, rows, WIDTH count], `top` and 0 at the edges, grey lines.
 */
export function plot(values: Tensor, top: number, rows: number, lines: readonly number[]): Tensor {
  const level = range(rows)
    .cast('float32')
    .mul(-top / (rows - 1))
    .add(top)
    .reshape([rows, 1, 1])
  const isNear = (y: Tensor): Tensor =>
    level
      .sub(y)
      .abs()
      .less((0.501 * top) / (rows - 1))
  const count = values.shape[0]!
  const curves = isNear(values.reshape([1, count, -1]))
    .select(1, 0)
    .max(2)
  const ruled = isNear(constant(lines, [1, 1, lines.length]))
    .select(0.35, 0)
    .max(2)
  const columns = curves.maximum(ruled.broadcastTo([rows, count])).reshape([1, 1, rows, count, 1])
  return columns.broadcastTo([1, 1, rows, count, WIDTH]).reshape([1, 1, rows, count * WIDTH])
}

/** Spikes of the two layers, a row for each unit, those of the upper layer on top; time from left to right. */
function raster(pair: Pair, random: Random, { refractory, alignSteps: steps }: AlignmentOptions): Tensor {
  const { lower, upper } = record(part(pair), random, 'raster', { refractory, steps, copies: 1 })
  const image = ({ spikes }: { spikes: Tensor }): Tensor => spikes.reshape([steps, -1]).transpose()
  const line = constant(0.35).broadcastTo([1, steps])
  const all = concat([image(upper), line, image(lower)], 0)
  return all.reshape([1, 1, ...all.shape])
}

/** The angle after each update of feedback that starts anew, at random. */
function angleCourse(pair: Pair, random: Random, h: AlignmentOptions): Tensor {
  const own = part(pair)
  const start = uniformWeights(random, 'start', own.feedback.shape, 'fan-out')
  const { outputs } = scan(UPDATES, [start], ([feedback]) => {
    const next = align({ ...own, feedback: feedback! }, random, 'course', h)
    return { carried: [next.feedback], outputs: [next.figures.angle] }
  })
  return plot(outputs[0]!.reshape([UPDATES, 1]), 120, 241, [90, 20])
}

/** Two neurons whose synapses both learn by the pair rule: the course of the two weights, [count, 2]. */
export function twoNeurons(random: Random, count: number, steps: number, copies: number, rate: number): Tensor {
  const [refractory, biases] = [25, [-0.5, -0.2]]
  const [lowerBias, upperBias] = biases.map((bias) => constant([bias], [1])) as [Tensor, Tensor]
  const weight = (value: number): Tensor => constant([value], [1, 1])
  const scale = updateScale(copies, refractory).mul(rate)
  const { outputs } = scan(count, [weight(1.5), weight(0.5)], ([forward, feedback]) => {
    const pair = { forward: [forward!], feedback: feedback!, lowerBias, upperBias }
    const { lower, upper } = record(pair, random, 'two neurons', { refractory, steps, copies })
    const change = (pre: Tensor, post: Tensor): Tensor => {
      const { causal, acausal } = pairSums(pre, post, refractory)
      return causal.add(acausal).mul(scale)
    }
    const up = forward!.add(change(lower.spikes, upper.spikes).transpose())
    const down = feedback!.add(change(upper.spikes, lower.spikes))
    return { carried: [up, down], outputs: [concat([up, down], 1).reshape([2])] }
  })
  return outputs[0]!
}

/** What the rule draws of its lowest pair of layers with aligned feedback. */
export const picturesOf = <State>(
  h: AlignmentOptions,
  pairOf: (state: State) => Pair,
): Readonly<Record<string, Picture<State>>> => ({
  spikes: {
    description:
      `what two layers of the trained network spike from noise alone, ${h.alignSteps} time steps: the first ${UNITS} ` +
      'units of the upper one on top, of the lower one below',
    columns: 1,
    draw: (state, { random }) => raster(pairOf(state), random, h),
  },
  angle: {
    description:
      `the angle, from 120 degrees on top to 0, between the trained weights of the first ${UNITS} units of these layers ` +
      `and feedback that starts at random, over ${UPDATES} updates; lines at 90 and 20 degrees`,
    columns: 1,
    draw: (state, { random }) => angleCourse(pairOf(state), random, { ...h, alignBatch: 8 }),
  },
  'two-neurons': {
    description:
      'the weights of two neurons with synapses both ways, from 2 on top to 0: both learn, start at 1.5 and 0.5, and ' +
      'meet where their sum had its half; line at 1',
    columns: 1,
    draw: (_, { random }) => plot(twoNeurons(random, UPDATES, h.alignSteps, 32, 0.5), 2, 201, [1]),
  },
})
