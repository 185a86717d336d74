import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { covarianceGoodness } from '../../src/rules/covariance-goodness/covariance-goodness.js'
import type { CovarianceHyper } from '../../src/rules/covariance-goodness/options.js'
import { traceRule } from '../../src/rules/trace.js'
import { close } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, taskOf } from './harness.js'
import { assertLearnsByOwnLoss } from './own-loss.js'

const SMALL: Partial<CovarianceHyper> = { units: [3, 4], poolAfter: [0], values: 16 }

function given(options: Partial<CovarianceHyper> = {}, shape = [2, 8, 8]) {
  const hyper = covarianceGoodness.hyper.parse({ ...SMALL, ...options })
  const task = taskOf({ shape })
  const traced = traceRule(covarianceGoodness, task, hyper)
  const state = initialState(traced)
  const joint = traced.steps.joint!
  return { hyper, task, traced, state, joint, batch: batchFor(joint, task, 1) }
}

describe('a layer', () => {
  const plain: Partial<CovarianceHyper> = { optimizer: 'sgd', momentum: 0, rate: 1, schedule: 'constant' }

  test('learns by the derivative of its own loss', () => {
    const wide = [2, 6, 9]
    for (const [options, shape] of [[plain], [{ ...plain, channel: 'fixed', reading: 'learned' }], [plain, wide]] as [
      Partial<CovarianceHyper>,
      number[]?,
    ][]) {
      const { joint, state, batch } = given(options, shape)
      assertLearnsByOwnLoss(joint, state, batch)
    }
  })

  test('has no weights in a fixed read-out, and fixed projections are no state', () => {
    const { state } = given({ channel: 'fixed' })
    assert.deepEqual(
      Object.keys(state).filter((name) => /reading|projections/.test(name)),
      [],
    )
  })

  test('with an alignment begins as without one', () => {
    const said = [true, false].map((alignment) => {
      const { traced, state, batch } = given({ alignment })
      return evaluate(traced.predict!, state, batch).metrics.scores!
    })
    close(said[0]!, said[1]!, 1e-12)
  })

  test('of a group has no loss of its own, and one gradient moves the group', () => {
    const { joint, state, batch } = given({ ...plain, window: 2 })
    assert.deepEqual(
      joint.metrics.map(({ name }) => name).filter((name) => name.startsWith('layer')),
      ['layer 1/loss', 'layer 1/accuracy'],
    )
    const after = evaluate(joint, state, batch).state
    const [name, i, h] = ['layers.0.weight', 5, 1e-5]
    const [above, below] = [h, -h].map((shift) =>
      metricOf(joint, 'layer 1/loss', { ...state, [name]: state[name]!.with(i, state[name]![i]! + shift) }, batch),
    )
    close([after[name]![i]! - state[name]![i]!], [-(above! - below!) / (2 * h)], 2e-5)
    assert.throws(
      () => covarianceGoodness.hyper.parse({ units: [2, 2, 2], window: 2 }),
      /3 layers make no whole groups of that size: take a number that divides 3/,
    )
  })
})

test('fusion begins as the mean of the log-probabilities, and learns its weights', () => {
  const { traced, state, batch, joint } = given()
  const said: Numbers = evaluate(traced.predict!, state, batch).metrics
  const parts = Object.entries(said).filter(([name]) => name !== 'scores')
  assert.equal(parts.length, 2)
  close(
    said.scores!,
    said.scores!.map((_, i) => (parts[0]![1][i]! + parts[1]![1][i]!) / 2),
    1e-12,
  )
  assert.notDeepEqual(evaluate(joint, state, batch).state['head.parameters.v'], state['head.parameters.v'])
})
