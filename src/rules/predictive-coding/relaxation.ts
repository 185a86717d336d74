import { concat, constant, reversed, scan, type Tensor, whileLoop } from '../../graph/index.js'
import { zeros } from '../../nn/initialize.js'
import { squaredError } from '../../nn/losses.js'
import { back, constraints, type Network, outputOf, pulledFromAbove } from './network.js'

export interface Relaxation {
  /** T. */
  readonly turns: number
  readonly innerSteps: number
  readonly sweep: 'jacobi' | 'reverse'
  readonly rho: number
  /** Step size of the multipliers; 0: there are none, which is predictive coding. */
  readonly alpha: number
  readonly tolerance: number
}

/** Activities z and multipliers lambda of the hidden layers, [H, B, N]; without multipliers lambda is 0. */
export interface Point {
  readonly z: Tensor
  readonly lambda?: Tensor | undefined
}

/** u_l = rho c_l + lambda_l, [H, B, N]. */
export function drives(c: Tensor, lambda: Tensor | undefined, rho: number): Tensor {
  const own = rho === 1 ? c : c.mul(rho)
  return lambda ? own.add(lambda) : own
}

/** E of each sample, [B]: |o - y|^2 / 2 + rho / 2 sum_l |c_l + lambda_l / rho|^2. */
export function energy(net: Network, { z, lambda }: Point, y: Tensor, rho: number): Tensor {
  const ofConstraints = drives(constraints(net, z), lambda, rho).square().sum([0, 2])
  return squaredError(outputOf(net, z), y)
    .add(ofConstraints.mul(1 / rho))
    .mul(0.5)
}

/** dE/dz_l = u_l - J_{l+1}^T u_{l+1} with u_L = y - o: a sample's own, whatever the batch, [H, B, N]. */
export const slopeOf = (net: Network, z: Tensor, u: Tensor, y: Tensor): Tensor =>
  u.sub(pulledFromAbove(net, z, u, y.sub(outputOf(net, z))))

/**
 * How a reverse sweep moves the activities, [H, B, N]. A layer moves after the one above it has: by then u_{l+1} has
 * grown by rho times the move m_{l+1} of that one, so that m_l = -eta (dE/dz_l - rho J_{l+1}^T m_{l+1}).
 */
function reverseMoves(net: Network, z: Tensor, slope: Tensor, rho: number, eta: Tensor): Tensor {
  const highest = z.shape[0]! - 1
  const alone = slope.mul(eta.neg())
  const passed = eta.mul(rho)
  const { outputs } = scan(highest, [alone.gather(constant(highest, [], 'int32'))], ([above], i) => {
    const l = constant(highest - 1, [], 'int32').sub(i)
    const move = alone.gather(l).add(back(net, net.down.gather(l), z.gather(l), above!).mul(passed))
    return { carried: [move], outputs: [move] }
  })
  return concat([reversed(outputs[0]!), alone.slice(0, highest, highest + 1)], 0)
}

/** One step of all activities down E. */
function stepped(net: Network, { z, lambda }: Point, c: Tensor, y: Tensor, eta: Tensor, r: Relaxation): Tensor {
  const slope = slopeOf(net, z, drives(c, lambda, r.rho), y)
  return r.sweep === 'jacobi' ? z.sub(slope.mul(eta)) : z.add(reverseMoves(net, z, slope, r.rho, eta))
}

/** The multipliers after their step, which needs c_l at the activities of the point. */
const dualStep = (lambda: Tensor | undefined, c: Tensor, alpha: number): Tensor | undefined =>
  lambda?.add(alpha === 1 ? c : c.mul(alpha))

/** The point with its multipliers one step further. */
export const afterDual = (net: Network, { z, lambda }: Point, alpha: number): Point => ({
  z,
  lambda: dualStep(lambda, constraints(net, z), alpha),
})

/**
 * A turn: the multipliers move by alpha c, and then the activities `innerSteps` times down E. The authors move the
 * multipliers last; at the start c is 0, so the same steps follow each other, and c is computed once.
 */
export function turn(net: Network, { z, lambda }: Point, y: Tensor, eta: Tensor, r: Relaxation): Point {
  let c = constraints(net, z)
  const moved = dualStep(lambda, c, r.alpha)
  let own = z
  for (let i = 0; i < r.innerSteps; i++) {
    if (i > 0) c = constraints(net, own)
    own = stepped(net, { z: own, lambda: moved }, c, y, eta, r)
  }
  return { z: own, lambda: moved }
}

export interface Relaxed extends Point {
  /** The largest change of an activity or a multiplier of the batch in the last turn. */
  readonly residual: Tensor
  readonly turns: Tensor
}

/** A point as what a loop carries, and back. */
export const listOf = ({ z, lambda }: Point): Tensor[] => (lambda ? [z, lambda] : [z])
export const pointOf = ([z, lambda]: readonly Tensor[]): Point => ({ z: z!, lambda })

const largestChange = (before: Point, after: Point): Tensor => {
  const old = listOf(before)
  const changes = listOf(after).map((x, i) => x.sub(old[i]!).abs().max())
  return changes.reduce((a, b) => a.maximum(b))
}

/** The point from which a relaxation starts: the activities of the forward pass, and no multiplier yet. */
export const startOf = (z: Tensor, { alpha }: Pick<Relaxation, 'alpha'>): Point =>
  alpha > 0 ? { z, lambda: zeros(z.shape) } : { z }

/**
 * `r.turns` turns from the activities z of the forward pass or, where there is a tolerance, only until nothing in the
 * batch moves by more in a turn.
 */
export function relax(net: Network, z: Tensor, y: Tensor, eta: Tensor, r: Relaxation): Relaxed {
  const start = startOf(z, r)
  const next = (point: Point): Point => turn(net, point, y, eta, r)
  let point: Point
  let residual: Tensor
  let turns = constant(r.turns)
  if (r.tolerance > 0) {
    const [change, count, ...rest] = whileLoop(r.turns, [constant(0), constant(0), ...listOf(start)], (carried, i) => {
      const before = pointOf(carried.slice(2))
      const after = next(before)
      const moved = largestChange(before, after)
      return {
        carried: [moved, i.cast('float32').add(1), ...listOf(after)],
        condition: moved.greater(r.tolerance),
      }
    })
    ;[point, residual, turns] = [pointOf(rest), change!, count!]
  } else {
    // The last turn stands outside of the loop, so that only its change is measured.
    const body = (carried: Tensor[]) => ({ carried: listOf(next(pointOf(carried))) })
    const before = r.turns > 1 ? pointOf(scan(r.turns - 1, listOf(start), body).carried) : start
    point = next(before)
    residual = largestChange(before, point)
  }
  return { ...point, residual, turns }
}
