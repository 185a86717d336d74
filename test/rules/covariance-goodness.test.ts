import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { covarianceGoodness } from '../../src/rules/covariance-goodness/covariance-goodness.js'
import { goodnessOf, gridFor, rootMeanSquared, toGrid } from '../../src/rules/covariance-goodness/goodness.js'
import type { CovarianceHyper } from '../../src/rules/covariance-goodness/options.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, rowsOf, taskOf } from './harness.js'

const SMALL: Partial<CovarianceHyper> = { units: [3, 4], poolAfter: [0], values: 16 }

function given(options: Partial<CovarianceHyper> = {}) {
  const hyper = covarianceGoodness.hyper.parse({ ...SMALL, ...options })
  const task = taskOf({ shape: [2, 8, 8] })
  const traced = traceRule(covarianceGoodness, task, hyper)
  const state = initialState(traced)
  const joint = traced.steps.joint!
  return { hyper, task, traced, state, joint, batch: batchFor(joint, task, 1) }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Rows with mean 0 and variance 1. */
const standardised = (row: readonly number[]): number[] => {
  const m = mean(row)
  const deviation = Math.sqrt(mean(row.map((v) => (v - m) ** 2)) + 1e-6)
  return row.map((v) => (v - m) / deviation)
}

describe('the goodness of a map', () => {
  const [channels, side] = [3, 4]
  const y = normals('y', [1, channels, side, side])
  const at = rowsOf(numbers(y), channels)
  const hyper = (options: Partial<CovarianceHyper>) =>
    covarianceGoodness.hyper.parse({ values: 4, channel: 'none', space: [], ...options })

  test('energies are the diagonal of the second moments, projections their quadratic forms', () => {
    const a = normals('a', [2, channels])
    const own = goodnessOf({ channels, side }, hyper({ channel: 'learned', projections: 2 / 3, values: 3 }))
    assert.equal(own.size, channels + 2)
    const S = at.map((u) => at.map((v) => mean(u.map((value, p) => value * v[p]!))))
    const forms = rowsOf(numbers(a), 2).map((row) =>
      row.reduce((sum, ai, i) => sum + row.reduce((inner, aj, j) => inner + ai * aj * S[i]![j]!, 0), 0),
    )
    close(numbers(own.of(y, a)), [...standardised(S.map((row, i) => row[i]!)), ...standardised(forms)], 1e-9)
  })

  test('cells hold the products of neighbouring places', () => {
    const own = goodnessOf({ channels, side }, hyper({ space: [2], values: 3 }))
    const cells = at.map((map) => {
      const means = [0, 2].flatMap((top) =>
        [0, 2].map((left) => mean([0, 1].flatMap((dy) => [0, 1].map((dx) => map[(top + dy) * side + left + dx]!)))),
      )
      return mean(means.map((v) => v ** 2))
    })
    close(numbers(own.of(y, undefined)).slice(channels), standardised(cells), 1e-9)
  })

  test('the grid is the finest that holds few enough numbers, and its windows cover the map', () => {
    assert.deepEqual([gridFor({ channels: 64, side: 15 }, 1024), gridFor({ channels: 2000, side: 7 }, 1024)], [4, 1])
    const map = constant(
      Array.from({ length: 25 }, (_, i) => i),
      [1, 1, 5, 5],
    )
    // Windows of 3 rows and columns that share the middle.
    close(numbers(toGrid(map, 2)), [6, 8, 16, 18])
    close(numbers(toGrid(map, 1)), [12])
  })
})

test('what goes up does not tell how active a sample was', () => {
  const z = normals('z', [2, 3, 4, 4])
  close(numbers(rootMeanSquared(z.mul(3))), numbers(rootMeanSquared(z)), 1e-6)
  close(numbers(rootMeanSquared(z).square().mean([1, 2, 3])), [1, 1], 1e-6)
})

describe('a layer', () => {
  const plain: Partial<CovarianceHyper> = { optimizer: 'sgd', momentum: 0, rate: 1, schedule: 'constant' }

  test('learns by the derivative of its own loss', () => {
    for (const options of [plain, { ...plain, channel: 'fixed', reading: 'learned' } as const]) {
      const { joint, state, batch } = given(options)
      const after = evaluate(joint, state, batch).state
      for (const layer of [0, 1])
        for (const name of Object.keys(state).filter((own) => own.startsWith(`layers.${layer}.`))) {
          const [i, h] = [state[name]!.length - 1, 1e-5]
          const [above, below] = [h, -h].map((shift) =>
            metricOf(
              joint,
              `layer ${layer}/loss`,
              { ...state, [name]: state[name]!.with(i, state[name]![i]! + shift) },
              batch,
            ),
          )
          close([after[name]![i]! - state[name]![i]!], [-(above! - below!) / (2 * h)], 2e-5, name)
        }
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
    assert.throws(() => covarianceGoodness.hyper.parse({ units: [2, 2, 2], window: 2 }), /whole groups/)
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
