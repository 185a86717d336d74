import { z } from 'zod'
import { constant, grad, Tensor } from '../graph/index.js'
import { zeros } from './initialize.js'
import { muon } from './muon.js'
import type { Optimizer } from './optimizer.js'
import { SCHEDULE_NAMES, SCHEDULES, type Schedule } from './schedules.js'
import { rebuild, type Tree, tensorsOf } from './tree.js'

/** One step of an optimiser down a loss (a scalar): the new parameters and the optimiser's new state. */
export function descend<P extends Tree>(
  optimizer: Optimizer,
  parameters: P,
  loss: Tensor,
  state: Tree,
  rate: Tensor,
): [P, Tree] {
  return optimizer.update(parameters, grad(loss, tensorsOf(parameters)), state, rate)
}

/**
 * The same for several parts of a network, each with its own loss and state, and with its own step size or one for all.
 */
export function descendEach<P extends Tree>(
  optimizer: Optimizer,
  parts: readonly P[],
  losses: readonly Tensor[],
  states: readonly Tree[],
  rates: Tensor | readonly Tensor[],
): [P[], Tree[]] {
  const each = parts.map((part, i) => {
    const rate = rates instanceof Tensor ? rates : rates[i]!
    return descend(optimizer, part, losses[i]!, states[i]!, rate)
  })
  return [each.map(([next]) => next), each.map(([, state]) => state)]
}

/** Each parameter's new value by `f` of the parameter, its gradient and its own moments. */
function each<P extends Tree>(
  parameters: P,
  gradients: readonly Tensor[],
  f: (p: Tensor, g: Tensor, i: number) => [Tensor, ...Tensor[]],
): [P, Tensor[][]] {
  const results = tensorsOf(parameters).map((p, i) => f(p, gradients[i]!, i))
  const next = results.map(([p]) => p)
  const moments = (results[0] ?? []).slice(1).map((_, k) => results.map((row) => row[k + 1]!))
  return [rebuild(parameters, next), moments]
}

const like = (parameters: Tree): Tensor[] => tensorsOf(parameters).map((p) => zeros(p.shape))

/** Weight decay as part of the gradient (L2); decoupled decay is AdamW's. */
const decayed = (p: Tensor, g: Tensor, weightDecay: number): Tensor =>
  weightDecay === 0 ? g : g.add(p.mul(weightDecay))

/** p - rate g; with momentum the heavy ball v = m v + g, p - rate v. */
export function sgd({ momentum = 0, weightDecay = 0 }: { momentum?: number; weightDecay?: number } = {}): Optimizer {
  return {
    init: (parameters) => (momentum === 0 ? {} : { velocity: like(parameters) }),
    update(parameters, gradients, state, rate) {
      const { velocity } = state as { velocity?: readonly Tensor[] }
      const [next, [moved]] = each(parameters, gradients, (p, g, i) => {
        const v = velocity ? velocity[i]!.mul(momentum).add(decayed(p, g, weightDecay)) : decayed(p, g, weightDecay)
        return velocity ? [p.sub(v.mul(rate)), v] : [p.sub(v.mul(rate))]
      })
      return [next, moved ? { velocity: moved } : {}]
    },
  }
}

export interface AdamOptions {
  beta1?: number
  beta2?: number
  epsilon?: number
  /** Decoupled (AdamW): p is also made smaller by rate * weightDecay * p. */
  weightDecay?: number
}

/**
 * Adam (Kingma and Ba 2015), AdamW with `weightDecay`. The moments are kept scaled, M = beta1 M + g and
 * V = beta2 V + g^2, which saves two passes over memory; the scales (1 - beta) go into the step's scalars. The quotient
 * comes first, so that the passes after it can work in place.
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options
  return {
    init: (parameters) => ({ count: constant(0), first: like(parameters), second: like(parameters) }),
    update(parameters, gradients, state, rate) {
      const { count, first, second } = state as { count: Tensor; first: Tensor[]; second: Tensor[] }
      const t = count.add(1)
      const corrected = (beta: number): Tensor => constant(1).sub(t.mul(Math.log(beta)).exp())
      // m^ / (sqrt(v^) + eps) with m^ = (1 - beta1) M / c1 and v^ = (1 - beta2) V / c2.
      const root = corrected(beta2)
        .div(1 - beta2)
        .sqrt()
      const size = rate
        .mul(1 - beta1)
        .div(corrected(beta1))
        .mul(root)
      const floor = root.mul(epsilon)
      const [next, [m, v]] = each(parameters, gradients, (p, g, i) => {
        const V = second[i]!.mul(beta2).add(g.square())
        const M = first[i]!.mul(beta1).add(g) // last, in place of g
        const kept = weightDecay === 0 ? p : p.mul(constant(1).sub(rate.mul(weightDecay)))
        return [kept.sub(M.div(V.sqrt().add(floor)).mul(size)), M, V]
      })
      return [next, { count: t, first: m ?? [], second: v ?? [] }]
    },
  }
}

/** The options by which rules describe an optimiser; each rule gives its own default rate. */
export const optimizerOptions = {
  optimizer: z
    .enum(['adam', 'sgd', 'muon'])
    .default('adam')
    .meta({ search: true })
    .describe('kind of the optimiser; muon steps weights by Muon, one by one, and biases by adam'),
  rate: z
    .number()
    .positive()
    .meta({ search: { low: 1e-4, high: 0.3, log: true } })
    .describe('step size'),
  momentum: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .meta({ onlyWith: { optimizer: ['sgd', 'muon'] } })
    .meta({ search: { low: 0, high: 0.99 } })
    .describe('heavy-ball momentum of sgd, Nesterov momentum of muon'),
  adamRate: z
    .number()
    .positive()
    .default(0.05)
    .meta({ onlyWith: { optimizer: 'muon' } })
    .describe("step size of muon's adam for biases, as a part of rate"),
  weightDecay: z
    .number()
    .min(0)
    .default(0)
    .meta({ search: { choices: [0, 1e-5, 1e-4, 1e-3, 1e-2] } })
    .describe("L2 with sgd, decoupled with adam and muon's adam"),
  schedule: z
    .enum(SCHEDULE_NAMES)
    .default('linear')
    .meta({ search: true })
    .describe('how step sizes fall over the training'),
}

interface OptimizerSettings {
  readonly optimizer: 'adam' | 'sgd' | 'muon'
  readonly momentum: number
  readonly adamRate: number
  readonly weightDecay?: number
}

/** `matrices`: whether muon steps matrices too, or the kernels of convolutions alone, as the speed-runs do. */
export function optimizerOf(settings: OptimizerSettings, { matrices = true } = {}): Optimizer {
  const { optimizer, momentum, adamRate, weightDecay = 0 } = settings
  if (optimizer === 'sgd') return sgd({ momentum, weightDecay })
  const others = adam({ weightDecay })
  return optimizer === 'adam' ? others : muon({ momentum, matrices, others, othersRate: adamRate })
}

/** The step size at a part of the training that is done. */
export const stepSize = ({ schedule, rate }: { schedule: Schedule; rate: number }, progress: Tensor): Tensor =>
  SCHEDULES[schedule](progress).mul(rate)
