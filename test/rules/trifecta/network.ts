import type { Task } from '../../../src/rules/contract.js'
import { traceRule } from '../../../src/rules/trace.js'
import type { TrifectaHyper } from '../../../src/rules/trifecta/options.js'
import { trifecta } from '../../../src/rules/trifecta/trifecta.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, taskOf } from '../harness.js'

export const CLASSES = 3
export const IMAGES = 3
export const BLOCKS = [0, 1, 2, 3, 4, 5]
export const POOLED = [0, 2, 5]
export const SMALL: Partial<TrifectaHyper> = { width: 0.02, rate: 0.01 }
export const task = taskOf({ shape: [2, 8, 8], batch: IMAGES })

/** A network whose gains, biases and running statistics are not those of the beginning. */
export function given(options: Partial<TrifectaHyper> = {}, own: Task = task) {
  const hyper = trifecta.hyper.parse({ ...SMALL, ...options })
  const traced = traceRule(trifecta, own, hyper)
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([name, values]): [string, readonly number[]] => {
      const noise = (): number[] => numbers(normals(name, [values.length]).mul(0.2))
      if (/\.(gain|bias|mean)$/.test(name)) return [name, noise().map((v, i) => v + values[i]!)]
      return name.endsWith('.variance') ? [name, noise().map((v) => Math.exp(v))] : [name, values]
    }),
  )
  const step = (name: string) => {
    const graph = traced.steps[name]!
    const batch = batchFor(graph, own, 1)
    return {
      graph,
      batch,
      after: evaluate(graph, state, batch),
      loss: (block: number, s: Numbers) => metricOf(graph, `block ${block}/loss`, s, batch),
    }
  }
  return { hyper, traced, state, step }
}

/** Whether block i has a loss on even (or odd) mini-batches. */
export const isLossPoint = (i: number, parity: string): boolean => (i % 2 === 0) !== (parity === 'even')

export const isSame = (a: readonly number[], b: readonly number[]): boolean => a.every((v, i) => v === b[i])
export const namesUnder = (state: Numbers, path: string): string[] =>
  Object.keys(state).filter((name) => name === path || name.startsWith(`${path}.`))
export const movedUnder = (before: Numbers, after: Numbers, path: string): boolean =>
  namesUnder(before, path).some((name) => !isSame(before[name]!, after[name]!))
