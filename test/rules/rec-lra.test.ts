import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, oneHot, softmax } from '../../src/graph/index.js'
import { FLOAT32 } from '../../src/nn/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { Task } from '../../src/rules/contract.js'
import { errorsOf, signMix } from '../../src/rules/rec-lra/errors.js'
import { networkOf } from '../../src/rules/rec-lra/network.js'
import type { RecLraHyper } from '../../src/rules/rec-lra/options.js'
import { intoBall, recLra } from '../../src/rules/rec-lra/rec-lra.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, differences, normals, numbers, whole } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, rowsOf, shapeOf, taskOf } from './harness.js'
import { matmul, transpose } from './matrices.js'
import { assertPromise } from './promise.js'

type Options = Partial<RecLraHyper>

/** Plain gradient descent at rate 1: what a step takes off is the gradient. */
const SIMPLE: Options = { units: [6, 5, 4], optimizer: 'sgd', momentum: 0, schedule: 'constant', rate: 1, norm: 'none' }
const CONVOLUTIONAL: Options = {
  ...{ network: 'convolutional', units: [4, 3, 3, 3], poolAfter: [0], residual: [3], norm: 'batch' },
}

/** The rule in small; output weights and biases are not zero. */
function given(options: Options, k = 1) {
  const hyper = recLra.hyper.parse({ ...SIMPLE, ...options })
  const task = taskOf({ shape: hyper.network === 'dense' ? [1, 4, 4] : [2, 6, 6] })
  const traced = traceRule(recLra, task, hyper)
  const step = traced.steps.joint!
  const output = `layers.${hyper.units.length}.weight`
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([name, value]) => [
      name,
      name === output || name.endsWith('.bias') ? numbers(normals(name, [value.length]).mul(0.3)) : value,
    ]),
  )
  const run = (from = state) => evaluate(step, from, batchFor(step, task, k))
  const gradient = (name: string, from = state): number[] => {
    const after = run(from).state[name]!
    return from[name]!.map((value, i) => value - after[i]!)
  }
  return { hyper, task, traced, step, state, run, gradient }
}

const length = (v: readonly number[]): number => Math.hypot(...v)
const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0) / length(a) / length(b)
const apart = (a: readonly number[], b: readonly number[]): number => length(a.map((v, i) => v - b[i]!)) / length(b)

/** a sin(1 + 3 i + 5 j + 7 l), rows of outputs, as the specification writes weights. */
const w = (r: number, c: number, l: number, a: number): number[][] =>
  Array.from({ length: r }, (_, i) => Array.from({ length: c }, (_, j) => a * Math.sin(1 + 3 * i + 5 * j + 7 * l)))

/** The common small net of the specification: its errors, and the gradient of its first weight. */
function golden(options: Options) {
  const hyper = recLra.hyper.parse({ ...SIMPLE, units: [4, 4], activation: 'tanh', beta: 0.1, ...options })
  const task = taskOf({ shape: [1, 1, 3], classes: 2, batch: 2 })
  const weights = [w(4, 3, 0, 0.5), w(4, 4, 1, 0.5), w(2, 4, 2, 0.5)].map(transpose)
  const feedback = [hyper.errorSkip === 1 ? w(4, 2, 6, 0.5) : w(4, 4, 6, 0.5), w(4, 2, 5, 0.5)]
  const traced = traceRule(recLra, task, hyper)
  const state: Numbers = {
    ...Object.fromEntries(Object.entries(initialState(traced)).map(([name, value]) => [name, value.map(() => 0)])),
    ...Object.fromEntries(weights.map((m, i) => [`layers.${i}.weight`, m.flat()])),
    ...Object.fromEntries(feedback.map((m, i) => [`feedback.${i}`, m.flat()])),
  }
  const x = [0.2, -0.4, 0.1, 0.5, 0.1, -0.3]
  const { state: after } = evaluate(traced.steps.joint!, state, { x, target: [0, 1], progress: [0] })
  const matrix = (m: readonly (readonly number[])[]) => constant(m.flat(), [m.length, m[0]!.length])
  const network = networkOf(task as Task, hyper)
  const layers = weights.map((m) => ({ weight: matrix(m), bias: constant(0).broadcastTo([m[0]!.length]) }))
  const pass = network.pass({ layers, norms: [] }, constant(x, [2, 3]), true)
  const scores = rowsOf(numbers(pass.scores), 2)
  const output = scores.map((row, n) => {
    const powers = row.map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    return powers.map((p, k) => p / sum - +(k === n))
  })
  const errors = errorsOf(network, pass.hidden, feedback.map(matrix), matrix(output), hyper, FLOAT32)
  const gradient = (name: string): number[] => state[name]!.map((value, i) => value - after[name]![i]!)
  const rows = errors.map(({ e }) => rowsOf(numbers(e), 2))
  return { errors: rows, output, pass, gradient, firstRow: transpose(rowsOf(gradient('layers.0.weight'), 3))[0]! }
}

describe('golden vectors of the specification', () => {
  // As many digits as are printed.
  const within = (actual: readonly number[], expected: readonly number[]): void => close(actual, expected, 6e-9)

  test('a = 1: errors of both layers, gradient', () => {
    const { errors, firstRow } = golden({})
    within(errors[1]![0]!, [0.02068177, -0.02348973, 0.02582755, -0.02764772])
    within(errors[0]![0]!, [-0.00081241, 0.00079787, -0.00076742, 0.00072201])
    within(firstRow, [0.0001051, 0.00019975, -0.00015243])
  })

  test('a = 0.19: mostly signs', () => {
    const { errors, firstRow } = golden({ alpha: 0.19 })
    within(errors[1]![0]!, [0.81392954, -0.81446305, 0.81490724, -0.81525307])
    within(firstRow, [0.12214054, 0.2037407, -0.16294062])
  })
})

describe('with the forward weights as feedback and small beta', () => {
  /** The parts by which gradients differ from backpropagation's, each over beta to its depth. */
  function parts(options: Options, beta: number): number[] {
    const own = given({ ...options, beta })
    const other = given({ ...options, method: 'backprop' })
    const count = own.hyper.units.length
    const mirrored = Object.fromEntries(own.hyper.units.map((_, i) => [`feedback.${i}`, `layers.${i + 1}.weight`]))
    const from = Object.fromEntries(
      Object.entries(own.state).map(([name, value]) => [name, mirrored[name] ? own.state[mirrored[name]]! : value]),
    )
    return Array.from({ length: count + 1 }, (_, i) => {
      const names = [`layers.${i}.weight`, `layers.${i}.bias`]
      const scale = beta ** (count - i)
      const local = names.flatMap((name) => own.gradient(name, from).map((v) => v / scale))
      return apart(
        local,
        names.flatMap((name) => other.gradient(name)),
      )
    })
  }
  for (const norm of ['none', 'layer', 'batch'] as const)
    for (const own of [
      { activation: 'tanh', residual: [2], units: [5, 6, 5] },
      { ...CONVOLUTIONAL, activation: 'gelu' },
    ] as const satisfies Options[])
      test(`gradients are beta^depth times backpropagation's, the rest falls with beta: ${norm}, ${own.activation}`, () => {
        const [large, small] = [0.1, 0.01].map((beta) => parts({ ...own, norm }, beta))
        assert.ok(small!.at(-1)! < 1e-12, `output: ${small!.at(-1)}`)
        for (const [i, difference] of small!.slice(0, -1).entries()) {
          assert.ok(difference < 5e-2, `layer ${i}: ${difference}`)
          const ratio = large![i]! / difference
          assert.ok(ratio > 8 && ratio < 12.5, `layer ${i}: from ${large![i]} to ${difference}`)
        }
      })

  test('with rectifiers they are equal: no unit crosses zero', () => {
    for (const difference of parts({ ...CONVOLUTIONAL, activation: 'relu' }, 1e-2))
      assert.ok(difference < 1e-6, `${difference}`)
  })

  test('at beta 0.1 the directions are almost the same still', () => {
    const own = given({ activation: 'tanh', beta: 0.1 })
    const from = { ...own.state }
    for (const i of [0, 1, 2]) Object.assign(from, { [`feedback.${i}`]: own.state[`layers.${i + 1}.weight`] })
    const other = given({ activation: 'tanh', method: 'backprop' })
    for (const i of [0, 1, 2, 3]) {
      const name = `layers.${i}.weight`
      const same = cosine(own.gradient(name, from), other.gradient(name))
      assert.ok(same > 0.999, `${name}: ${same}`)
    }
  })
})

test('backpropagation of the same network: a step is the derivative of the loss', () => {
  for (const options of [{ residual: [2], units: [5, 6, 5] }, CONVOLUTIONAL] as Options[]) {
    const { gradient, step, state, task } = given({ ...options, activation: 'tanh', method: 'backprop' })
    for (const name of ['layers.0.weight', 'layers.1.bias', 'layers.2.weight', 'layers.3.weight'])
      for (const i of [0, 3]) {
        if (state[name]!.length <= i) continue
        const [above, below] = [1e-5, -1e-5].map((shift) =>
          metricOf(
            step,
            'loss',
            { ...state, [name]: state[name]!.with(i, state[name]![i]! + shift) },
            batchFor(step, task, 1),
          ),
        )
        close([gradient(name)[i]!], [(above! - below!) / 2e-5], 1e-6, `${name}.${i}`)
      }
  }
})

test("a layer's step is the derivative of its own <e, h>, with e held fixed, by central differences", () => {
  const { hyper, task, step, state, gradient } = given({
    ...CONVOLUTIONAL,
    activation: 'gelu',
    beta: 0.5,
    errorSkip: 2,
  })
  const held = (name: string) => constant(state[name]!, shapeOf(step.state, name))
  const each = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
  const layers = each(5, (i) => ({ weight: held(`layers.${i}.weight`), bias: held(`layers.${i}.bias`) }))
  const norms = each(4, (i) => ({ mean: held(`norms.${i}.mean`), variance: held(`norms.${i}.variance`) }))
  const input = { mean: held('input.mean'), deviation: held('input.deviation') }
  const { x, target } = batchFor(step, task, 1)
  const network = networkOf(task, hyper)
  const { hidden, scores } = network.pass({ layers, norms, input }, constant(x!, [4, 2, 6, 6]), true)
  const feedback = each(4, (i) => held(`feedback.${i}`))
  const output = softmax(scores).sub(oneHot(whole(...target!), 3))
  for (const [i, { e }] of errorsOf(network, hidden, feedback, output, hyper, FLOAT32).entries()) {
    const { h } = hidden[i]!
    const own = h
      .mul(constant(numbers(e), e.shape))
      .sum()
      .div(4)
    for (const part of ['weight', 'bias'] as const)
      close(gradient(`layers.${i}.${part}`), differences(own, layers[i]![part]), 1e-7, `${part} ${i}`)
  }
})

describe('the mix of errors and signs', () => {
  test('a = 0 leaves signs alone, a = 1 no sign', () => {
    const distance = constant([-0.2, 0, 3])
    assert.deepEqual(numbers(signMix(distance, 0)), [-1, 0, 1])
    assert.deepEqual(numbers(signMix(distance, 1)), [-0.2, 0, 3])
    close(numbers(signMix(distance, 0.25)), [-0.8, 0, 1.5], 1e-6)
  })

  test('with a = 0 every tanh unit learns at size 1, with its own a at the end of an error skip', () => {
    for (const e of golden({ alpha: 0 }).errors.flat(2)) assert.equal(Math.abs(e), 1)
    const { errors } = golden({ errorSkip: 2, skipAlpha: 0 })
    for (const e of errors[1]!.flat()) assert.equal(Math.abs(e), 1)
    for (const e of errors[0]!.flat()) assert.ok(Math.abs(e) < 0.2 && e !== 0)
  })

  test('with beta = 0 no hidden layer moves, whatever a is', () => {
    for (const options of [{}, CONVOLUTIONAL, { alpha: 0.2, errorSkip: 2, skipAlpha: 0 }] as Options[]) {
      const { gradient, hyper } = given({ ...options, beta: 0 })
      for (const i of hyper.units.keys())
        assert.ok(
          gradient(`layers.${i}.weight`).every((v) => v === 0),
          `layer ${i}`,
        )
      assert.ok(gradient(`layers.${hyper.units.length}.weight`).some((v) => v !== 0))
    }
  })
})

describe('feedback', () => {
  test('moves as the weight that it mirrors: with decay their difference falls by 1 - rate decay a step', () => {
    for (const options of [{}, CONVOLUTIONAL] as Options[]) {
      const { run, state, hyper } = given({ ...options, rate: 0.1, weightDecay: 0.5, beta: 0.5 })
      const after = run(run(state).state).state
      for (const i of hyper.units.keys()) {
        const between = (of: Numbers) => of[`feedback.${i}`]!.map((v, k) => v - of[`layers.${i + 1}.weight`]![k]!)
        assert.notDeepEqual(after[`layers.${i + 1}.weight`], state[`layers.${i + 1}.weight`])
        close(
          between(after),
          between(state).map((v) => v * 0.95 ** 2),
          1e-9,
          `feedback ${i}`,
        )
      }
    }
  })

  test('at the end of an error skip it learns what a weight from there to the output would', () => {
    const { gradient, pass, output } = golden({ errorSkip: 1 })
    const z = transpose(rowsOf(numbers(pass.hidden[0]!.z), 2))
    close(
      gradient('feedback.0'),
      matmul(z, output)
        .flat()
        .map((v) => v / 2),
      1e-12,
    )
  })

  test('by Hebb it grows along both errors', () => {
    const { gradient, errors, output } = golden({ feedbackRule: 'hebb' })
    for (const [i, source] of [errors[1]!, output].entries())
      close(
        gradient(`feedback.${i}`),
        matmul(transpose(errors[i]!), source)
          .flat()
          .map((v) => -v / 2),
        1e-12,
      )
  })

  test('stays as it is with gamma 0, and gamma is a part of the rate', () => {
    const [none, half, whole] = [0, 0.5, 1].map((gamma) => given({ gamma, beta: 1 }))
    assert.deepEqual(none!.run().state['feedback.1'], none!.state['feedback.1'])
    close(
      half!.gradient('feedback.1'),
      whole!.gradient('feedback.1').map((v) => v / 2),
      1e-12,
    )
  })

  test('its alignment is the cosine with the weight that it mirrors', () => {
    const { run, state } = given({ errorSkip: 2 })
    const { metrics } = run()
    close(metrics['feedback to layer 0/alignment']!, [cosine(state['feedback.0']!, state['layers.1.weight']!)])
    assert.equal(metrics['feedback to layer 1/alignment'], undefined)
  })
})

test('an error skip cuts the recursion: what lies between it and the output has no part in it', () => {
  const { step, state, gradient } = given({ errorSkip: 2, beta: 1 })
  assert.deepEqual(shapeOf(step.state, 'feedback.1'), [5, 3])
  const moved = { ...state, 'feedback.2': state['feedback.2']!.map((v) => -v) }
  for (const i of [0, 1]) assert.deepEqual(gradient(`layers.${i}.weight`, moved), gradient(`layers.${i}.weight`))
  assert.notDeepEqual(gradient('layers.2.weight', moved), gradient('layers.2.weight'))
  const ofEnd = { ...state, 'feedback.1': state['feedback.1']!.map((v) => -v) }
  for (const i of [0, 1]) assert.notDeepEqual(gradient(`layers.${i}.weight`, ofEnd), gradient(`layers.${i}.weight`))
})

describe('norm balls', () => {
  test('scale what is longer than their radius, and nothing else', () => {
    const matrix = constant([3, 4], [1, 2])
    close(numbers(intoBall(matrix, 1)), [0.6, 0.8])
    for (const radius of [0, 5, 9]) close(numbers(intoBall(matrix, radius)), [3, 4])
    close(numbers(intoBall(constant([0, 0]), 1)), [0, 0])
  })

  test('hold gradients and, after the update, weights of layers and feedback', () => {
    const free = given({ beta: 1, activation: 'tanh' })
    const clipped = given({ beta: 1, activation: 'tanh', updateBall: 0.01 })
    const bounded = given({ beta: 1, activation: 'tanh', weightBall: 0.5 })
    for (const name of ['layers.3.weight', 'feedback.2']) {
      const own = clipped.gradient(name)
      close([length(own), cosine(own, free.gradient(name))], [0.01, 1], 1e-9)
      close([length(bounded.run().state[name]!)], [0.5], 1e-9)
    }
    close(clipped.gradient('layers.3.bias'), free.gradient('layers.3.bias'))
  })
})

describe('the certificate', () => {
  for (const options of [
    { units: [5] },
    { errorSkip: 2, feedbackRule: 'hebb' },
    { errorSkip: 1, gamma: 0 },
    CONVOLUTIONAL,
    { ...CONVOLUTIONAL, errorSkip: 2, alpha: 0.2 },
    { method: 'backprop' },
    { ...CONVOLUTIONAL, method: 'backprop', whiten: true },
  ] as Options[])
    test(`keeps its promise: ${JSON.stringify(options)}`, () => {
      const { hyper, task } = given(options)
      assertPromise(certifyRule(recLra, task, hyper), recLra.locality(task, hyper).promise)
    })
})

test('layers that cannot be added are refused', () => {
  for (const options of [
    { units: [4, 5, 5], residual: [2] },
    { units: [4, 4, 4], residual: [3] },
    { network: 'convolutional', units: [4, 4, 4], residual: [2], poolAfter: [1] },
  ])
    assert.match(recLra.hyper.safeParse(options).error!.message, /as many units as layer \d, with no pooling/)
  assert.ok(
    recLra.hyper.safeParse({ network: 'convolutional', units: [4, 4, 4], residual: [2], poolAfter: [0] }).success,
  )
})

test('an error skip and a pooling that no layer has are refused', () => {
  const said = (options: Options): string => recLra.hyper.safeParse(options).error?.message ?? ''
  assert.match(said({ units: [4, 4], errorSkip: 3 }), /of 2 hidden layers none would get .*: take 2 at most, or 0/)
  assert.match(
    said({ network: 'convolutional', units: [4, 4], poolAfter: [2] }),
    /2 hidden layers, counted from 0: there is none 2/,
  )
  assert.equal(said({ units: [4, 4], errorSkip: 2 }), '')
  assert.equal(said({ method: 'backprop', units: [4, 4], errorSkip: 3 }), '')
})

test('in use a network says what it said of the same batch, but for the statistics of its normalisation', () => {
  const { traced, state, task } = given({ ...CONVOLUTIONAL, norm: 'layer' })
  const batch = batchFor(traced.predict, task, 1)
  const scores = evaluate(traced.predict, state, batch).metrics.scores!
  const losses = rowsOf(scores, 4).map(
    (row, n) => Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[(n + 1) % 3]!,
  )
  close(given({ ...CONVOLUTIONAL, norm: 'layer' }).run().metrics.loss!, [losses.reduce((a, b) => a + b) / 4], 1e-9)
})

test('the first weights: zeros in the output layer; a convolution passes its first channels on', () => {
  for (const options of [{ units: [4, 3] }, { units: [3, 3], network: 'convolutional' }]) {
    const start = initialState(traceRule(recLra, taskOf({ shape: [2, 4, 4] }), recLra.hyper.parse(options)))
    assert.ok(start['layers.2.weight']!.every((w) => w === 0))
    const first = start['layers.0.weight']!
    if (!options.network) {
      assert.ok(first.every((w) => w !== 0))
      continue
    }
    // Kernels [3, 2, 3, 3]: the first two are the identity of their channel, the last is drawn.
    for (const c of [0, 1])
      assert.deepEqual(
        first.slice(18 * c, 18 * (c + 1)),
        Array.from({ length: 18 }, (_, i) => Number(i === 9 * c + 4)),
      )
    assert.ok(first.slice(36).every((w) => w !== 0))
  }
})
