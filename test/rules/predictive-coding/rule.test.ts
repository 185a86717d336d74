// The rule's step: what weights learn by, its step sizes, and what its certificate says of it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, grad, oneHot } from '../../../src/graph/index.js'
import { checkOptions } from '../../../src/options/index.js'
import { certifyRule } from '../../../src/rules/certify.js'
import { type PredictiveCodingHyper, rateOf } from '../../../src/rules/predictive-coding/options.js'
import { predictiveCoding } from '../../../src/rules/predictive-coding/predictive-coding.js'
import { afterDual, energy } from '../../../src/rules/predictive-coding/relaxation.js'
import { traceRule } from '../../../src/rules/trace.js'
import { close, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, taskOf } from '../harness.js'
import { authors, fixed, from, relaxed } from './given.js'

type Options = Partial<PredictiveCodingHyper>

/** Plain gradient descent whose step is the gradient. */
const PLAIN: Options = { depth: 4, width: 4, optimizer: 'sgd', momentum: 0, rate: 1 }

function given(options: Options = {}) {
  const task = taskOf({ shape: [1, 2, 3] })
  const hyper = checkOptions(predictiveCoding.hyper, { ...PLAIN, ...options }, 'predictive-coding')
  const traced = traceRule(predictiveCoding, task, hyper)
  const joint = traced.steps.joint!
  const state = initialState(traced)
  const batch = batchFor(joint, task, 1)
  const step = (own: Numbers = state) => evaluate(joint, own, batch)
  return { task, hyper, traced, joint, state, batch, step }
}

const WEIGHTS = ['weights.first', 'weights.middle', 'weights.last']

/** What a step takes from the weights. */
function gradientOf({ state, step, hyper }: ReturnType<typeof given>): number[] {
  const after = step().state
  const rate = rateOf(hyper)
  return WEIGHTS.flatMap((name) => state[name]!.map((v, i) => (v - after[name]![i]!) / rate))
}

describe('weights', () => {
  test('of the yardstick follow the slope of the loss', () => {
    const own = given({ method: 'backprop' })
    const h = 1e-5
    const slopes = WEIGHTS.flatMap((name) =>
      own.state[name]!.map((v, i) => {
        const at = (shift: number): number =>
          metricOf(own.joint, 'loss', { ...own.state, [name]: own.state[name]!.with(i, v + shift) }, own.batch)
        return (at(h) - at(-h)) / (2 * h)
      }),
    )
    assert.ok(Math.hypot(...slopes) > 0.1)
    close(gradientOf(own), slopes, 1e-8)
  })

  test('learn as by backpropagation where PC-ALM has come to rest, also in a plain network; PC learns otherwise', () => {
    for (const architecture of ['residual', 'plain'] as const) {
      const options: Options = { architecture, activation: 'linear', iterations: 1500 }
      const expected = gradientOf(given({ ...options, method: 'backprop' }))
      close(gradientOf(given(options)), expected, 1e-6)
      const pc = gradientOf(given({ ...options, method: 'pc' }))
      assert.ok(Math.hypot(...pc.map((v, i) => v - expected[i]!)) > 0.01 * Math.hypot(...expected))
    }
  })

  test('learn by PC where alpha is 0', () => {
    for (const sweep of ['jacobi', 'reverse'] as const)
      close(gradientOf(given({ alpha: 0, sweep })), gradientOf(given({ method: 'pc', sweep })), 1e-12)
  })

  test('learn by multipliers before or, where asked, after their last step: their gradient is that of the energy', () => {
    const options: Options = { activation: 'tanh', alpha: 0.8 }
    const { state, batch, hyper } = given(options)
    const weights = {
      first: constant(state['weights.first']!, [6, 4]),
      middle: constant(state['weights.middle']!, [2, 4, 4]),
      last: constant(state['weights.last']!, [4, 3]),
    }
    const y = oneHot(constant(batch.target!, [4], 'int32'), 3)
    const own = from(weights, constant(batch.x!, [4, 6]), y, hyper)
    const point = relaxed(own, state.eta![0]!, authors(8, { alpha: 0.8 }))
    const after = fixed(afterDual(own.net, point, 0.8).lambda!)
    const expected = { 'pre-dual': point, 'post-dual': { z: point.z, lambda: after } }
    for (const gradient of ['pre-dual', 'post-dual'] as const) {
      const slopes = grad(energy(own.net, expected[gradient], y, 1).mean(), own.parameters)
      close(gradientOf(given({ ...options, gradient })), slopes.flatMap(numbers), 1e-12, gradient)
    }
    const [pre, post] = (['pre-dual', 'post-dual'] as const).map((gradient) =>
      gradientOf(given({ ...options, gradient })),
    )
    assert.ok(Math.hypot(...pre!.map((v, i) => v - post![i]!)) > 1e-3 * Math.hypot(...pre!))
  })
})

describe('step sizes', () => {
  test('of weights grow with sqrt(N / L)', () => {
    close([rateOf({ rate: 1e-3, width: 64, depth: 16 })], [2e-3], 1e-15)
    const [one, four] = [1, 4].map((rate) => given({ rate, method: 'backprop' }))
    const moves = (own: ReturnType<typeof given>): number[] =>
      own.state['weights.last']!.map((v, i) => v - own.step().state['weights.last']![i]!)
    close(
      moves(four!),
      moves(one!).map((v) => 4 * v),
      1e-12,
    )
  })

  test('of activities are measured once', () => {
    const own = given()
    const [eta] = own.state.eta!
    assert.ok(eta! > 0.15 && eta! < 0.5, `${eta}`)
    assert.equal(own.step().state.eta![0], eta)
    close(given({ rho: 2 }).state.eta!, [eta! / 2], 0.2)
    close(given({ stepSize: 0.5 }).state.eta!, [eta! / 2], 1e-12)
    assert.equal(given({ method: 'backprop' }).state.eta, undefined)
  })

  test('of activities with which they would grow without bound are refused', () => {
    const refused: Options[] = [
      { stepSize: 1.4 },
      { alpha: 2 },
      { alpha: 1, rho: 0.5 },
      { method: 'pc', stepSize: 2 },
      { alpha: 12, stepSize: 0.29 },
      { alpha: 3, innerSteps: 2 },
      { method: 'pc', stepSize: 2.1, innerSteps: 4 },
    ]
    for (const options of refused)
      assert.throws(() => given(options), {
        name: 'UserError',
        message:
          /the option stepSize of predictive-coding is .*: with a step size of .* the activities would grow .* take less than/,
      })
    const taken: Options[] = [
      { stepSize: 1.3 },
      { method: 'pc', stepSize: 1.9 },
      { alpha: 2, sweep: 'reverse' },
      { stepSize: 1.9, innerSteps: 2 },
      { alpha: 3, stepSize: 0.5, innerSteps: 2 },
    ]
    for (const options of taken) given(options)
  })
})

describe('the relaxation', () => {
  const turnsOf = (options: Options): number => given({ tolerance: 1e-12, ...options }).step().metrics.turns![0]!

  test('takes 2 L turns, or as many as are asked for', () => {
    assert.equal(turnsOf({}), 8)
    assert.equal(turnsOf({ depth: 5 }), 10)
    assert.equal(turnsOf({ iterations: 3 }), 3)
    assert.equal(turnsOf({ iterations: 50, tolerance: 1 }), 1)
  })

  test('learns a batch by heart, and predicts by a forward pass', () => {
    for (const method of ['pc-alm', 'pc', 'backprop'] as const) {
      const own = given({ method, width: 16, optimizer: 'adam', rate: 0.05 })
      let { state } = own
      for (let k = 0; k < 60; k++) state = own.step(state).state
      assert.equal(own.step(state).metrics.accuracy![0], 1, method)
      const { scores } = evaluate(own.traced.predict, state, own.batch).metrics
      const first = own.step(state).metrics.loss![0]!
      const { target } = own.batch
      const losses = scores!.map((o, i) => (o - Number(i % 3 === target![Math.floor(i / 3)])) ** 2 / 2)
      close([losses.reduce((a, b) => a + b) / 4], [first], 1e-12)
    }
  })
})

describe('the certificate', () => {
  for (const options of [{}, { method: 'pc' }, { sweep: 'reverse' }, { architecture: 'plain' }, { tolerance: 0.1 }])
    test(`names the feedback from every layer above, through its own weights: ${JSON.stringify(options)}`, () => {
      const { task, hyper } = given(options as Options)
      const { local, layers } = certifyRule(predictiveCoding, task, hyper)
      assert.equal(local, false)
      assert.equal(layers.length, 4)
      layers.forEach(({ window, reads }, k) => {
        assert.equal(window, 1)
        const blocks = layers.slice(k + 1).map(({ layer }) => layer)
        const feedback = blocks.length > 0 && { feedback: { blocks, transport: true } }
        assert.deepEqual(reads, { labels: 'loss', ...feedback })
      })
    })

  test('after one turn names the weights of the stack that carry feedback down, without those of the output', () => {
    const { task, hyper } = given({ depth: 5, iterations: 1 })
    const { layers } = certifyRule(predictiveCoding, task, hyper)
    assert.deepEqual(layers[0]!.reads.feedback, { blocks: [1, 2, 3], transport: true })
  })

  test('names backpropagation as what it is', () => {
    const { task, hyper } = given({ method: 'backprop' })
    const { layers } = certifyRule(predictiveCoding, task, hyper)
    assert.equal(layers[0]!.window, 4)
  })
})
