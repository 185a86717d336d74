import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backprop } from '../../src/rules/backprop.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, rowsOf, taskOf } from './harness.js'

const RATE = 0.1
const SIMPLE = { units: [4, 3], optimizer: 'sgd', momentum: 0, schedule: 'constant', rate: RATE }

function given(options: object) {
  const traced = traceRule(backprop, taskOf(), backprop.hyper.parse({ ...SIMPLE, ...options }))
  const start = Object.entries(initialState(traced)).map(([name, value]): [string, readonly number[]] =>
    name.endsWith('.bias') ? [name, numbers(normals(name, [value.length]).mul(0.3))] : [name, value],
  )
  const state: Numbers = Object.fromEntries(start)
  const joint = traced.steps.joint!
  return { traced, joint, state, batch: batchFor(joint, taskOf(), 1) }
}

for (const options of [{}, { network: 'convolutional', units: [2, 3], poolAfter: [1] }])
  test(`every weight moves by the loss's central difference: ${JSON.stringify(options)}`, () => {
    const { joint, state, batch } = given(options)
    const { state: after } = evaluate(joint, state, batch)
    const lossAt = (name: string, i: number, shift: number): number => {
      const moved = { ...state, [name]: state[name]!.with(i, state[name]![i]! + shift) }
      return metricOf(joint, 'loss', moved, batch)
    }
    const h = 1e-5
    for (const [name, value] of Object.entries(state)) {
      const slopes = value.map((_, i) => (lossAt(name, i, h) - lossAt(name, i, -h)) / (2 * h))
      assert.ok(
        slopes.some((slope) => slope !== 0),
        `${name} has no gradient`,
      )
      close(
        value.map((v, i) => (v - after[name]![i]!) / RATE),
        slopes,
        1e-8,
        name,
      )
    }
  })

test('the loss is the cross-entropy of the predicted scores, the accuracy their share of hits', () => {
  const { traced, joint, state, batch } = given({})
  const scores = rowsOf(evaluate(traced.predict, state, { x: batch.x! }).metrics.scores!, 4)
  const losses = scores.map((row, i) => {
    const total = row.map(Math.exp).reduce((a, b) => a + b)
    return Math.log(total) - row[batch.target![i]!]!
  })
  const hits = scores.map((row, i) => Number(row.indexOf(Math.max(...row)) === batch.target![i]))
  const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length
  const { metrics } = evaluate(joint, state, batch)
  close(metrics.loss!, [mean(losses)])
  close(metrics.accuracy!, [mean(hits)])
})
