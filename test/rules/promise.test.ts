// A rule that lies about its locality must not pass the contract tests.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { grad, type Tensor } from '../../src/graph/index.js'
import { affine, type Dense, dense } from '../../src/nn/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { LocalityPromise, Rule } from '../../src/rules/contract.js'
import { taskOf } from './harness.js'
import { assertPromise } from './promise.js'

type State = { layers: Dense[] }

/**
 * Three layers that make their activity large by plain gradient descent. Each differentiates through `reach` layers, its
 * own among them; the activity of the layer on top is then what the lowest of them makes large.
 */
const reaching = (reach: number, promise: LocalityPromise): Rule<object, State> => ({
  id: 'reaching',
  title: 'Reaching',
  summary: 'a fixture',
  source: 'ours',
  hyper: z.strictObject({}),
  training: { epochs: 1, batch: 4 },
  presets: {},
  locality: () => ({ blocks: [0, 1, 2].map((i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] })), promise }),
  init: (random) => ({
    layers: [16, 5, 4].map((inputs, i) => dense(random, `layers.${i}`, inputs, [5, 4, 3][i]!, 'he')),
  }),
  steps: () => ({
    joint({ layers }, { x }) {
      const next = layers.map((own, i) => {
        const window = layers.slice(i, i + reach)
        const below = forward(layers.slice(0, i), x).stopGradient()
        const loss = forward(window, below).square().mean().neg()
        const [weight, bias] = grad(loss, [own.weight, own.bias])
        return { weight: own.weight.sub(weight!.mul(0.1)), bias: own.bias.sub(bias!.mul(0.1)) }
      })
      return [{ layers: next }, {}]
    },
  }),
  predict: ({ layers }, x) => ({ scores: forward(layers, x), layers: {} }),
})

const forward = (layers: readonly Dense[], x: Tensor): Tensor =>
  layers.reduce((y, layer) => affine(layer, y).relu(), x.reshape([x.shape[0]!, -1]))

const check = (reach: number, promise: LocalityPromise): void => {
  const rule = reaching(reach, promise)
  assertPromise(certifyRule(rule, taskOf(), {}), rule.locality(taskOf(), {}).promise)
}

describe('the check of a promise', () => {
  test('passes who tells the truth', () => {
    check(1, { local: true, window: 1 })
    check(2, { local: false, window: 2 })
    check(3, { local: false, window: 'all' })
  })

  test('catches a rule that promises a window of 1 and reads 2', () => {
    assert.throws(() => check(2, { local: true, window: 1 }), /promises a window of 1, and .* layer 0: 2/)
  })

  test('catches a rule that promises 2 and backpropagates through all', () => {
    assert.throws(() => check(3, { local: false, window: 2 }), /promises a window of 2, and .* layer 0: 3/)
  })

  test('catches a rule that calls itself local and is not, and one that is and does not say so', () => {
    assert.throws(() => check(2, { local: true, window: 2 }), /local=true/)
    assert.throws(() => check(1, { local: false, window: 1 }), /local=false/)
  })
})
