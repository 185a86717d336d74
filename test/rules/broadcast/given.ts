import type { Target } from '../../../src/data/index.js'
import { broadcast } from '../../../src/rules/broadcast/broadcast.js'
import type { BroadcastHyper } from '../../../src/rules/broadcast/options.js'
import { taskFor } from '../../../src/rules/task.js'
import { traceRule } from '../../../src/rules/trace.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers } from '../harness.js'

export type Options = Partial<BroadcastHyper>

export const RATE = 0.1

/** Plain gradient descent: what the parameters lose is the gradient times the rate. */
export const SIMPLE: Options = {
  ...{ units: [6, 5, 4], optimizer: 'sgd', momentum: 0, schedule: 'constant', rate: RATE, outputRate: RATE },
  // What a layer hears, and nothing beside it.
  power: 0,
}

/** Convolutions with a stride and poolings below a dense layer, on 8 x 8 images. */
export const CONVOLUTIONAL: Options = {
  ...{ channels: [3, 4, 2], kernels: [5, 3, 2], strides: [1, 1, 2], poolAfter: [0], units: [5] },
}

/** The rule in small, with biases that are not zero; `run` makes one step from a state. */
export function given(options: Options, { shape = [1, 8, 8], target = { kind: 'class', count: 3 } as Target } = {}) {
  const hyper = broadcast.hyper.parse({ ...SIMPLE, ...options })
  const task = taskFor({ input: { shape, levels: 256 }, target }, { batch: 4 })
  const traced = traceRule(broadcast, task, hyper)
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([name, value]) => [
      name,
      name.endsWith('.bias') ? numbers(normals(name, [value.length]).mul(0.3)) : value,
    ]),
  )
  const joint = traced.steps.joint!
  const batch = batchFor(joint, task)
  const run = (from: Numbers = state, on: Numbers = batch) => evaluate(joint, from, on)
  return { hyper, task, traced, joint, state, batch, run }
}

/** The gradients of all weights and biases that a step of plain descent took, by name. */
export const gradients = (before: Numbers, after: Numbers): Numbers =>
  Object.fromEntries(
    Object.entries(before)
      .filter(([name]) => name.startsWith('layers.'))
      .map(([name, values]) => [name, values.map((v, i) => (v - after[name]![i]!) / RATE)]),
  )
