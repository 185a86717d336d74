// A rule that lies about its locality must not pass the contract tests.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import type { Samples } from '../../src/data/index.js'
import { UserError } from '../../src/errors.js'
import { argmax, concat, grad, type Tensor } from '../../src/graph/index.js'
import { affine, type Dense, dense } from '../../src/nn/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { Greedy, LocalityPromise, Rule, Step, Task } from '../../src/rules/contract.js'
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

const check = (reach: number, promise: LocalityPromise, more: Partial<Rule<object, State>> = {}): void => {
  const rule = { ...reaching(reach, promise), ...more }
  assertPromise(certifyRule(rule, taskOf(), {}), rule.locality(taskOf(), {}).promise)
}

describe('the check of a promise', () => {
  test('passes who tells the truth', () => {
    check(1, { local: true, window: 1 })
    check(2, { local: false, window: 2 })
    check(3, { local: false, window: 'all' })
  })

  test('catches a rule that promises a window of 1 and reads 2', () => {
    assert.throws(
      () => check(2, { local: true, window: 1 }),
      /promises window=1, and its certificate says 2: layer 0: 2/,
    )
  })

  test('catches a rule that promises 2 and backpropagates through all', () => {
    assert.throws(
      () => check(3, { local: false, window: 2 }),
      /promises window=2, and its certificate says 3: layer 0: 3/,
    )
  })

  test('catches a rule that calls itself local and is not, and one that is and does not say so', () => {
    assert.throws(() => check(2, { local: true, window: 2 }), /local=true/)
    assert.throws(() => check(1, { local: false, window: 1 }), /local=false/)
  })

  test('compares labels, depth, choices, broadcasts and feedback as well', () => {
    check(1, { local: true, window: 1, labels: ['none'], depth: 1, choice: false, broadcast: false, feedback: 'none' })
    const local = { local: true, window: 1 }
    assert.throws(() => check(1, { ...local, labels: ['input'] }), /labels=\["input"\]/)
    assert.throws(() => check(1, { ...local, depth: 2 }), /depth=2/)
    assert.throws(() => check(1, { ...local, choice: true }), /choice=true/)
    assert.throws(() => check(1, { ...local, broadcast: true }), /broadcast=true/)
    assert.throws(() => check(1, { ...local, feedback: 'forward weights' }), /feedback="forward weights"/)
  })
})

describe('every program that a training can run is certified', () => {
  const innocent = { local: true, window: 1 }
  const stepOf = (reach: number) => reaching(reach, innocent).steps(taskOf(), {}).joint!

  test('a greedy step that is backpropagation, beside a joint step that is not', () => {
    const greedy = (reach: number): Greedy<object, State> => ({
      layers: () => 1,
      features: (_, x) => x,
      step: () => stepOf(reach),
    })
    check(1, innocent, { greedy: greedy(1) })
    assert.throws(() => check(1, innocent, { greedy: greedy(3) }), /promises window=1, and its certificate says 3/)
  })

  test('a greedy step that cannot be traced is an error, and not left out', () => {
    const greedy: Greedy<object, State> = {
      layers: () => 1,
      features: (_, x) => x,
      step: () => () => {
        throw new UserError('not with so few samples')
      },
    }
    assert.throws(() => check(1, innocent, { greedy }), /not with so few samples/)
  })

  test('with as many samples as a training takes at once, where the task does not say', () => {
    const samples: Pick<Samples, 'input' | 'target'> = {
      input: { shape: [1, 4, 4], levels: 256 },
      target: { kind: 'class', count: 3 },
    }
    const rule = {
      ...reaching(1, innocent),
      training: { epochs: 1, batch: 32 },
      steps: (task: Task) => ({ joint: stepOf(task.batch === 32 ? 3 : 1) }),
    }
    assert.equal(certifyRule(rule, samples).local, false)
  })

  test('what feeds a greedy step, where it reads layers above', () => {
    const greedy = (from: number): Greedy<object, State> => ({
      layers: () => 2,
      features: ({ layers }, x) => forward(layers.slice(0, from), x),
      step: (layer) => (state, batch) => {
        const own = state.layers[layer]!
        const x = batch.x.reshape([4, -1])
        const fed = layer === 0 ? x : x.slice(1, 0, 1).broadcastTo([4, 5])
        const [weight] = grad(affine(own, fed).relu().square().mean().neg(), [own.weight])
        return [{ layers: state.layers.with(layer, { ...own, weight: own.weight.sub(weight!) }) }, {}]
      },
    })
    check(1, innocent, { greedy: greedy(1) })
    assert.throws(
      () => check(1, innocent, { greedy: greedy(3) }),
      /promises local=true, and its certificate says false/,
    )
  })

  test('steps that a schedule runs on one batch, one after the other: their bits add up', () => {
    const choosing =
      (name: string): Step<State> =>
      (state, { x, random }) => {
        const [first, ...rest] = state.layers as [Dense, ...Dense[]]
        const flat = x.reshape([4, -1])
        const noise = random.uniform(name, [4, 3])
        const chosen = argmax(forward(state.layers, flat).add(noise)).cast('float32').reshape([4, 1])
        const fed = concat([chosen, flat.slice(1, 1, 16)], 1)
        const [weight] = grad(affine(first, fed).square().mean(), [first.weight]) as [Tensor]
        return [{ layers: [{ ...first, weight: first.weight.sub(weight.mul(0.1)) }, ...rest] }, {}]
      }
    const promise: LocalityPromise = { local: true, window: 1, choice: true }
    const steps = () => ({ joint: choosing('a') })
    check(1, promise, { steps, schedule: () => ['joint'] })
    const two = { steps: () => ({ joint: choosing('a'), again: choosing('b') }), schedule: () => ['joint', 'again'] }
    assert.throws(() => check(1, promise, two), /promises local=true, and its certificate says false/)
  })
})
