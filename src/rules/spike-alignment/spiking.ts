import { constant, type Shape, scan, type Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'

/** Two populations with synapses both ways, of n units below and m above. */
export interface Pair {
  /**
   * w [n, m]: entry (i, j) leads from unit i below up to unit j. Of several weights [n, k], ..., [l, m], their product: what
   * lies between passes potentials on as they are.
   */
  readonly forward: readonly Tensor[]
  /** b [n, m]: entry (i, j) leads from unit j above down to unit i. */
  readonly feedback: Tensor
  /** [n] and [m]: what drives the units without synapses; absent: 0. */
  readonly lowerBias?: Tensor | undefined
  readonly upperBias?: Tensor | undefined
}

/** The forward weights of a pair as one matrix, [n, m]. */
export const forwardOf = ({ forward }: Pair): Tensor => forward.reduce((product, weight) => product.matmul(weight))

/** How a pair of populations is recorded. */
export interface Recording {
  /** t_ref, in time steps: length of the refractory period, of the postsynaptic potential and of the rule's window. */
  readonly refractory: number
  /** T, time steps. */
  readonly steps: number
  /** N, independent copies. */
  readonly copies: number
}

/** Spikes (0 or 1) and traces of a population in each time step, [T, N, n]. */
export interface Trains {
  readonly spikes: Tensor
  /** The spikes up to now and with those of this step, each weighted by exp(-age / t_ref). */
  readonly traces: Tensor
}

/** What one population carries from step to step, [N, n]. */
const CARRIED = 2

/**
 * Spiking sampling layers in discrete time: unit i has the membrane potential u_i = bias_i + sum_j w_ij PSP_j, PSP_j is 1
 * for t_ref steps after a spike of j, and 0 else; i spikes in a step with probability sigmoid(u_i - ln t_ref), but not in
 * the t_ref steps after a spike. Background noise is what makes them spike. All units start long after their last spike.
 */
export function record(pair: Pair, random: Random, name: string, { refractory, steps, copies }: Recording) {
  const [n, m] = pair.feedback.shape as [number, number]
  const offset = Math.log(refractory)
  const decay = Math.exp(-1 / refractory)
  const step = (population: string, [age, trace]: readonly Tensor[], drive: Tensor): Tensor[] => {
    const p = drive.sub(offset).sigmoid()
    const isFree = age!.greater(refractory)
    const noise = random.uniform(`${name}.${population}`, age!.shape)
    const spikes = noise.less(p).and(isFree)
    const fired = spikes.cast('float32')
    return [spikes.select(1, age!.add(1)), trace!.mul(decay).add(fired), fired]
  }
  const potentials = (age: Tensor): Tensor => age.greater(refractory).select(0, 1)
  const driven = (synapses: Tensor, bias: Tensor | undefined): Tensor => (bias ? synapses.add(bias) : synapses)
  const start = (shape: Shape): Tensor[] => [
    constant(refractory + 1).broadcastTo(shape),
    constant(0).broadcastTo(shape),
  ]
  const { outputs } = scan(steps, [...start([copies, n]), ...start([copies, m])], (carried) => {
    const [below, above] = [carried.slice(0, CARRIED), carried.slice(CARRIED)]
    const down = potentials(above[0]!).matmul(pair.feedback, { transposeB: true })
    const up = pair.forward.reduce((passed, weight) => passed.matmul(weight), potentials(below[0]!))
    const lower = step('lower', below, driven(down, pair.lowerBias))
    const upper = step('upper', above, driven(up, pair.upperBias))
    return {
      carried: [...lower.slice(0, CARRIED), ...upper.slice(0, CARRIED)],
      outputs: [lower[2]!, lower[1]!, upper[2]!, upper[1]!],
    }
  })
  const trains = (spikes: Tensor, traces: Tensor): Trains => ({ spikes, traces })
  return { lower: trains(outputs[0]!, outputs[1]!), upper: trains(outputs[2]!, outputs[3]!) }
}
