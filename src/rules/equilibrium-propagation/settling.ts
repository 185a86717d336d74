import { constant, scan, type Tensor, whileLoop } from '../../graph/index.js'
import type { Dense } from '../../nn/dense.js'
import { zeros } from '../../nn/initialize.js'
import type { Unit } from '../../nn/units.js'

/**
 * A network of layers s_1 ... s_L with symmetric connections, its input x clamped:
 *   E(s) = sum_k G_k(s_k) - Phi,  Phi = sum_k (s_{k-1} W_k + b_k) . s_k,  s_0 = x.
 */
export interface LayeredNetwork {
  /** x W_1 + b_1, [N, n_1]: it does not change while the network settles. */
  readonly drive: Tensor
  /** W_2, b_2 to W_L, b_L: weights [n_{k-1}, n_k]. */
  readonly connections: readonly Dense[]
  readonly units: readonly Unit[]
  /** How the last layer answers its input and its own state under a nudge, where there is one. */
  readonly nudge?: (input: Tensor, state: Tensor) => Tensor
}

/** s_1 ... s_L, each [N, n_k]. */
export type States = readonly Tensor[]

/** s = 0. */
export const resting = ({ drive, connections }: LayeredNetwork): States => {
  const [rows] = drive.shape as [number, number]
  return [zeros(drive.shape), ...connections.map(({ bias }) => zeros([rows, bias.size]))]
}

const fromBelow = ({ drive, connections }: LayeredNetwork, states: States, k: number): Tensor =>
  k === 0 ? drive : states[k - 1]!.matmul(connections[k - 1]!.weight).add(connections[k - 1]!.bias)

/** dPhi/ds_k = s_{k-1} W_k + b_k + s_{k+1} W_{k+1}^T. */
function inputTo(network: LayeredNetwork, states: States, k: number): Tensor {
  const below = fromBelow(network, states, k)
  const above = network.connections[k]
  return above ? below.add(states[k + 1]!.matmul(above.weight, { transposeB: true })) : below
}

/** Every other layer, from the lowest (`first` 0) or the one above it (1), moves to the least energy given the rest. */
export const halfSweep = (network: LayeredNetwork, states: States, first: 0 | 1): States =>
  states.map((state, k) => {
    if (k % 2 !== first) return state
    const input = inputTo(network, states, k)
    return network.nudge && k === states.length - 1 ? network.nudge(input, state) : network.units[k]!.response(input)
  })

/** An even-odd sweep: layers 1, 3, ... together, then layers 2, 4, ... E never grows. */
export const sweep = (network: LayeredNetwork, states: States): States =>
  halfSweep(network, halfSweep(network, states, 0), 1)

/** The largest change of a single unit. */
const largestChange = (before: States, after: States): Tensor =>
  after.map((s, k) => s.sub(before[k]!).abs().max()).reduce((a, b) => a.maximum(b))

export interface Settled {
  readonly states: States
  /** The largest change of a single unit in the last sweep. */
  readonly residual: Tensor
  readonly sweeps: Tensor
}

/**
 * `limit` sweeps, or, where `tolerance` is above 0, only until no unit of the batch moves by more in one sweep. Without
 * a tolerance it can be differentiated, and a row does not depend on the others.
 */
export function settle(network: LayeredNetwork, start: States, limit: number, tolerance = 0): Settled {
  if (tolerance > 0) {
    const [residual, sweeps, ...states] = whileLoop(limit, [constant(0), constant(0), ...start], (carried, index) => {
      const before = carried.slice(2)
      const after = sweep(network, before)
      const change = largestChange(before, after)
      return { carried: [change, index.cast('float32').add(1), ...after], condition: change.greater(tolerance) }
    }) as [Tensor, Tensor, ...Tensor[]]
    return { states, residual, sweeps }
  }
  // The last sweep stands outside of the loop, so that only its change is measured.
  const body = (states: Tensor[]) => ({ carried: [...sweep(network, states)] })
  const before = limit > 1 ? scan(limit - 1, start, body).carried : start
  const states = sweep(network, before)
  return { states, residual: largestChange(before, states), sweeps: constant(limit) }
}

/** E of each row, [N], but for what x alone gives. */
export const energy = (network: LayeredNetwork, states: States): Tensor =>
  states
    .map((s, k) =>
      network.units[k]!.potential(s)
        .sub(fromBelow(network, states, k).mul(s))
        .sum(-1),
    )
    .reduce((a, b) => a.add(b))
