import type { Tensor } from '../../graph/index.js'
import { squaredError } from '../../nn/losses.js'

/** A map between the activities of neighbouring layers: the forward one goes up, its inverse goes down. */
export type LayerMap = (activity: Tensor) => Tensor

/** A chain of layers from below: `up[i]` leads from layer i to layer i + 1, `down[i]` back. */
export interface Chain {
  readonly up: readonly LayerMap[]
  readonly down: readonly LayerMap[]
}

/**
 * The targets of all layers of a chain, from below, given that of its top; h are the layers' activities.
 *   plain:       t_i = g_i(t_(i+1))
 *   difference:  t_i = h_i + g_i(t_(i+1)) - g_i(h_(i+1)),  which is h_i where t_(i+1) = h_(i+1), whatever g_i does.
 */
export function propagateTargets(
  activities: readonly Tensor[],
  top: Tensor,
  down: readonly LayerMap[],
  form: 'plain' | 'difference',
): Tensor[] {
  const targets = [top]
  for (let i = activities.length - 2; i >= 0; i--) {
    const inverse = down[i]!(targets[0]!)
    const corrected = (): Tensor => activities[i]!.add(inverse.sub(down[i]!(activities[i + 1]!)))
    targets.unshift(form === 'plain' ? inverse : corrected())
  }
  return targets
}

/** || g(f(v)) - v ||^2 of each sample: what an inverse g alone learns from, in Lee et al. 2015. */
export const reconstructionLoss = (v: Tensor, f: LayerMap, g: LayerMap): Tensor =>
  squaredError(g(f(v).stopGradient()), v.stopGradient())

/**
 * The difference reconstruction loss of the inverse down[i] (Meulemans et al. 2020), of each sample: v, a noisy h_i,
 * goes up to the top of the chain and comes back down by difference targets, and has to arrive as it left:
 *   || h_i + g_i(r_(i+1)) - g_i(h_(i+1)) - v ||^2.
 * Only down[i] learns from it.
 */
export function differenceReconstructionLoss(
  i: number,
  v: Tensor,
  activities: readonly Tensor[],
  { up, down }: Chain,
): Tensor {
  const top = up.slice(i).reduce((h, f) => f(h), v)
  const [returned] = propagateTargets(activities.slice(i + 1), top, down.slice(i + 1), 'difference')
  const g = down[i]!
  const change = g(returned!.stopGradient()).sub(g(activities[i + 1]!.stopGradient()))
  return squaredError(activities[i]!.stopGradient().add(change), v.stopGradient())
}
