import { checkOptions } from '../../../src/options/index.js'
import type { Task } from '../../../src/rules/contract.js'
import { nice } from '../../../src/rules/nice/nice.js'
import type { NiceHyper } from '../../../src/rules/nice/options.js'
import { traceRule } from '../../../src/rules/trace.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { batchFor, initialState, type Numbers, taskOf } from '../harness.js'

export type Options = Readonly<Record<string, unknown>>

export const hyperOf = (options: Options): NiceHyper =>
  checkOptions(nice.hyper, { units: [7, 5], ...options }, 'nice') as NiceHyper

/** Seven pixels, an odd number, so that the halves differ. */
export const sevenPixels = (batch = 3): Task => taskOf({ shape: [1, 1, 7], batch })

/** A flow that is far from the identity: its traced programs, a state with random last layers and scalings, a batch. */
export function given(options: Options = {}, task = sevenPixels()) {
  const hyper = hyperOf(options)
  const traced = traceRule(nice, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, at]): [string, readonly number[]] => {
    if (!name.startsWith('couplings')) return [name, at]
    return [name, numbers(normals(name, [at.length]).mul(name.endsWith('scale') ? 0.3 : 0.6))]
  })
  const joint = traced.steps.joint!
  return { hyper, task, traced, joint, state: Object.fromEntries(start) as Numbers, batch: batchFor(joint, task, 1) }
}

export const parametersOf = (state: Numbers): string[] =>
  Object.keys(state).filter((name) => name.startsWith('coupling'))

/** Adam's first moments after one step from zero are the gradients, in the order of the parameters. */
export const gradientsIn = (after: Numbers): Numbers =>
  Object.fromEntries(Object.entries(after).filter(([name]) => /optimizer\.\d+\.\w+\.first/.test(name)))
