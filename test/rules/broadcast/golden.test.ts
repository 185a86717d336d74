// Values from the specification (8.2), computed there in float64 from formulas.
import { test } from 'node:test'
import { broadcast } from '../../../src/rules/broadcast/broadcast.js'
import { taskFor } from '../../../src/rules/task.js'
import { traceRule } from '../../../src/rules/trace.js'
import { close } from '../../nn/evaluate.js'
import { evaluate, type Numbers } from '../harness.js'
import { transpose } from '../matrices.js'
import { gradients, type Options, SIMPLE } from './given.js'

/** w(r, c, l, a)[i][j] = a sin(1 + 3 i + 5 j + 7 l) */
const w = (rows: number, columns: number, l: number, a: number): number[][] =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => a * Math.sin(1 + 3 * i + 5 * j + 7 * l)),
  )

const WEIGHTS = [w(4, 3, 0, 0.5), w(4, 4, 1, 0.5), w(2, 4, 2, 0.5)]

const task = taskFor({ input: { shape: [3] }, target: { kind: 'class', count: 2 } }, { batch: 2 })

/** One step from the golden network, 3-4-4-2, tanh, with no biases yet; `more`: the feedback that lies in its state. */
function stepped(options: Options, more: Numbers = {}) {
  const hyper = broadcast.hyper.parse({ ...SIMPLE, units: [4, 4], activation: 'tanh', ...options })
  const joint = traceRule(broadcast, task, hyper).steps.joint!
  const state: Numbers = {
    ...Object.fromEntries(joint.state.map(({ name, input }) => [name, Array<number>(input.size).fill(0)])),
    ...Object.fromEntries(WEIGHTS.map((weight, k) => [`layers.${k}.weight`, transpose(weight).flat()])),
    ...more,
  }
  const { state: after, metrics } = evaluate(joint, state, {
    ...{ x: [0.2, -0.4, 0.1, 0.5, 0.1, -0.3], target: [0, 1], progress: [0] },
  })
  const own = gradients(state, after)
  /** Row 0 of dW as the specification writes W, [out, in]. */
  const row = (k: number): number[] => {
    const outputs = WEIGHTS[k]!.length
    return own[`layers.${k}.weight`]!.filter((_, i) => i % outputs === 0)
  }
  return { after, metrics, row }
}

const J = (R: readonly number[]): number => 0.5 * R.reduce((sum, v) => sum + v * v, 0)
const R0 = w(4, 2, 4, 0.01).flat()
const LEARNED: Options = { memory: 0.9, normalize: false }

test("backpropagation's gradients and loss", () => {
  const { row, metrics } = stepped({ method: 'backprop' })
  close(row(0), [0.01822767, 0.03449673, -0.0263622], 1e-8)
  close(row(1), [0.04378742, -0.03592251, 0.02731295, -0.01807909], 1e-8)
  close(row(2), [0.01657392, -0.01754769, 0.01817347, -0.01843836], 1e-8)
  close(metrics.loss!, [0.7037897], 1e-8)
})

test('EBD: the correlations, their energy and the gradient, which is zeta times ours', () => {
  const { after, row } = stepped({ method: 'ebd', ...LEARNED }, { 'correlations.0': R0, 'correlations.1': R0 })
  close(after['correlations.0']!.slice(0, 2), [-0.00999585, -0.0124017], 1e-8)
  close([J(after['correlations.0']!)], [3.5441141e-4], 1e-10)
  close(
    row(0).map((v) => 0.1 * v),
    [0.00037702, -0.00014332, -0.00011685],
    1e-8,
  )
})

test('SBD: the same of the score', () => {
  const { after, row } = stepped({ method: 'sbd', ...LEARNED }, { 'correlations.0': R0, 'correlations.1': R0 })
  close(after['correlations.0']!.slice(0, 2), [0.00035465, -0.00156561], 1e-8)
  close([J(after['correlations.0']!)], [1.704064e-5], 1e-10)
  close(
    row(0).map((v) => 0.1 * v),
    [1.246e-5, 2.331e-5, -1.788e-5],
    1e-8,
  )
})

test('DFA', () => {
  const { row } = stepped({ method: 'dfa' }, { 'feedback.0': w(4, 2, 7, 0.5).flat() })
  close(row(0), [0.02392535, 0.04475248, -0.03433891], 1e-8)
})
