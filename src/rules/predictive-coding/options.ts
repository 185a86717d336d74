import { z } from 'zod'
import type { Optimizer } from '../../nn/optimizer.js'
import { adam, optimizerOptions, sgd } from '../../nn/optimizers.js'
import { ACTIVATION_NAMES } from './network.js'
import type { Relaxation } from './relaxation.js'

const settles = { onlyWith: { method: ['pc-alm', 'pc'] } }

const options = z.strictObject({
  method: z
    .enum(['pc-alm', 'pc', 'backprop'])
    .default('pc-alm')
    .describe('with multipliers, without them (alpha 0), or the yardstick: backpropagation of the same loss'),
  architecture: z
    .enum(['residual', 'plain'])
    .default('residual')
    .describe('layers with skips in the scaling of muPC, or without skips in the standard scaling'),
  depth: z.int().min(3).default(32).describe('L, layers of weights (32: the reference cell of the authors)'),
  width: z.int().min(1).default(32).describe('N, units of every hidden layer (32: the reference cell)'),
  activation: z.enum(ACTIVATION_NAMES).default('relu').describe('phi, of hidden units (relu: the reference cell)'),
  iterations: z
    .int()
    .min(0)
    .default(0)
    .meta(settles)
    .describe('T, turns of the relaxation, at most; 0: 2 L (the authors)'),
  innerSteps: z.int().min(1).default(1).meta(settles).describe('steps of the activities in each turn (1: the authors)'),
  sweep: z
    .enum(['jacobi', 'reverse'])
    .default('jacobi')
    .meta(settles)
    .describe('all layers at once (the authors), or one after the other from the output down (a third-party study)'),
  stepSize: z
    .number()
    .positive()
    .default(1)
    .meta(settles)
    .meta({ search: { low: 0.1, high: 1 } })
    .describe('eta lambda_max, of the activities; lambda_max of the energy where the training starts (1: the authors)'),
  rho: z.number().positive().default(1).meta(settles).describe('weight of the constraints (1: the authors)'),
  alpha: z
    .number()
    .min(0)
    .default(1)
    .meta({ onlyWith: { method: 'pc-alm' } })
    .describe('step size of the multipliers (1: the authors)'),
  gradient: z
    .enum(['pre-dual', 'post-dual'])
    .default('pre-dual')
    .meta({ onlyWith: { method: 'pc-alm' } })
    .describe('whether weights learn with the multipliers before or after their last step (pre-dual: the authors)'),
  tolerance: z
    .number()
    .min(0)
    .default(0)
    .meta(settles)
    .describe('a relaxation ends where no activity or multiplier moves by more in a turn; 0: it takes T turns'),
  // Muon would take the stack of all layers for one matrix.
  optimizer: z.enum(['adam', 'sgd']).default('adam').describe('kind of the optimiser'),
  rate: optimizerOptions.rate
    .default(0.001)
    .describe('step size of the weights before its factor sqrt(N / L) (authors)'),
  momentum: optimizerOptions.momentum.meta({ onlyWith: { optimizer: 'sgd' } }).describe('heavy-ball momentum of sgd'),
  weightDecay: optimizerOptions.weightDecay,
  schedule: optimizerOptions.schedule.default('constant'),
})

/**
 * The eta lambda_max up to which a relaxation of all layers at once is stable. In a direction of curvature k = eta lambda the
 * steps of a turn leave q = (1 - k)^innerSteps of the way, and the multipliers pull by `pull` = alpha / rho: stable while
 * k < 2 and pull (1 - q) < 2 (1 + q). With one step that is k (2 + pull) < 4.
 */
export function largestStep(pull: number, innerSteps: number): number {
  const least = (pull - 2) / (pull + 2)
  if (least < 0 && innerSteps % 2 === 0) return 2
  return 1 - Math.sign(least) * Math.abs(least) ** (1 / innerSteps)
}

export const hyper = options.superRefine(({ method, sweep, innerSteps, stepSize, alpha, rho }, { addIssue }) => {
  if (method === 'backprop' || sweep === 'reverse') return
  const most = largestStep(method === 'pc' ? 0 : alpha / rho, innerSteps)
  if (stepSize < most) return
  const beside = method === 'pc' ? '' : `, alpha ${alpha} and rho ${rho}`
  addIssue({
    code: 'custom',
    path: ['stepSize'],
    message: `with a step size of ${stepSize}${beside} the activities would grow without bound; take less than ${most.toPrecision(3)}`,
  })
})

export type PredictiveCodingHyper = z.infer<typeof hyper>

export const relaxationOf = (h: PredictiveCodingHyper): Relaxation => ({
  turns: h.iterations === 0 ? 2 * h.depth : h.iterations,
  innerSteps: h.innerSteps,
  sweep: h.sweep,
  rho: h.rho,
  alpha: h.method === 'pc' ? 0 : h.alpha,
  tolerance: h.tolerance,
})

/** The step size of weights: 1e-3 sqrt(N / L) in the reference code. */
export const rateOf = ({ rate, width, depth }: Pick<PredictiveCodingHyper, 'rate' | 'width' | 'depth'>): number =>
  rate * Math.sqrt(width / depth)

export const optimizerOf = ({ optimizer, momentum, weightDecay }: PredictiveCodingHyper): Optimizer =>
  optimizer === 'adam' ? adam({ weightDecay }) : sgd({ momentum, weightDecay })
