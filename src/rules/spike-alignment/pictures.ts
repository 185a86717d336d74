import { concat, constant, scan, type Tensor } from '../../graph/index.js'
import { uniformWeights } from '../../nn/initialize.js'
import type { Random } from '../../nn/random.js'
import type { Chart } from '../contract.js'
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

/** Spikes of the two layers, a row for each unit, those of the upper layer on top: [units, steps]. */
function raster(pair: Pair, random: Random, { refractory, alignSteps: steps }: AlignmentOptions): Tensor {
  const { lower, upper } = record(part(pair), random, 'raster', { refractory, steps, copies: 1 })
  const rows = ({ spikes }: { spikes: Tensor }): Tensor => {
    const own = spikes.reshape([steps, -1]).transpose()
    return own.pad([
      [0, UNITS - own.shape[0]!],
      [0, 0],
    ])
  }
  return concat([rows(upper), rows(lower)], 0)
}

/** The angle after each update of feedback that starts anew, at random. */
function angleCourse(pair: Pair, random: Random, h: AlignmentOptions): Tensor {
  const own = part(pair)
  const start = uniformWeights(random, 'start', own.feedback.shape, 'fan-out')
  const { outputs } = scan(UPDATES, [start], ([feedback]) => {
    const next = align({ ...own, feedback: feedback! }, random, 'course', h)
    return { carried: [next.feedback], outputs: [next.figures.angle] }
  })
  return outputs[0]!.reshape([1, UPDATES])
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
): Readonly<Record<string, Chart<State>>> => ({
  spikes: {
    description: `what two layers of the trained network spike from noise alone: the first ${UNITS} units of each`,
    ...{ kind: 'map', across: 'time step', up: 'a row for each unit, a mark for each spike' },
    names: ['upper layer', 'lower layer'],
    values: (state, { random }) => raster(pairOf(state), random, h),
  },
  angle: {
    description:
      `feedback that starts at random turns to the trained forward weights: the angle between both, of the first ${UNITS} ` +
      'units of two layers',
    ...{ kind: 'curves', across: 'update of the feedback', up: 'angle in degrees', names: ['angle'], range: [0, 120] },
    lines: [
      { at: 90, name: 'unrelated' },
      { at: 20, name: '20 degrees' },
    ],
    values: (state, { random }) => angleCourse(pairOf(state), random, { ...h, alignBatch: 8 }),
  },
  'two-neurons': {
    description:
      'the weights of two neurons with synapses both ways: both learn, start at 1.5 and 0.5, and meet where their sum had ' +
      'its half',
    ...{ kind: 'curves', across: 'update', up: 'weight', names: ['forward', 'back'], range: [0, 2] },
    lines: [{ at: 1, name: 'half the sum' }],
    values: (_, { random }) => twoNeurons(random, UPDATES, h.alignSteps, 32, 0.5).transpose(),
  },
})
