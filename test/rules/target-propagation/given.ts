import type { Task } from '../../../src/rules/contract.js'
import type { TargetPropagationHyper } from '../../../src/rules/target-propagation/options.js'
import { targetPropagation } from '../../../src/rules/target-propagation/target-propagation.js'
import { traceRule } from '../../../src/rules/trace.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from '../harness.js'

export type Options = Partial<TargetPropagationHyper>

/** The step size of all weights. */
export const RATE = 0.1
/** Plain gradient descent. */
export const SIMPLE: Options = {
  ...{ units: [6, 5, 4], optimizer: 'sgd', momentum: 0, schedule: 'constant' },
  ...{ rate: RATE, outputRate: RATE, inverseRate: RATE, autoencoderUnits: 7 },
}

/** The rule in small, with biases that are not zero, and a function that runs one of its steps. */
export function given(options: Options, task: Task = taskOf()) {
  const hyper = targetPropagation.hyper.parse({ ...SIMPLE, ...options })
  const traced = traceRule(targetPropagation, task, hyper)
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([name, value]) => [
      name,
      name.endsWith('.bias') ? numbers(normals(name, [value.length]).mul(0.3)) : value,
    ]),
  )
  const run = (step: 'forward' | 'feedback', from = state, k = 1) => {
    const batch = batchFor(traced.steps[step]!, task, k)
    return Object.assign(evaluate(traced.steps[step]!, from, batch), { batch })
  }
  return { hyper, traced, task, state, run }
}

export const VARIANTS: Options[] = (['plain', 'difference', 'drl'] as const).flatMap((form) =>
  (['gradient', 'output', 'label-autoencoder'] as const).flatMap((topTarget) =>
    (['tanh', 'sign', 'bernoulli'] as const).map((hidden) => ({ form, topTarget, hidden })),
  ),
)
export const nameOf = ({ form, topTarget, hidden }: Options): string => `${form}, ${topTarget}, ${hidden}`
