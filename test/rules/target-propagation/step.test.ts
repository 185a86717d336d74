// One step of layers and inverses: by hand, against central differences, and in the golden numbers of the specification.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../../src/graph/index.js'
import { bernoulli, sign } from '../../../src/nn/discrete.js'
import { targetPropagation } from '../../../src/rules/target-propagation/target-propagation.js'
import { taskFor } from '../../../src/rules/task.js'
import { close, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, type Numbers, rowsOf, taskOf } from '../harness.js'
import { type Matrix, minus, transpose, zip } from '../matrices.js'
import { affine, byHand } from './by-hand.js'
import { given, nameOf, type Options, RATE, VARIANTS } from './given.js'

const VALUES = taskFor({ input: { shape: [5] }, target: { kind: 'values', count: 2 } }, { batch: 4 })

describe('one step of the layers by hand', () => {
  const variants = VARIANTS.filter(({ form }) => form !== 'drl')
  const ofValues = variants.filter(({ topTarget }) => topTarget === 'gradient')
  for (const [options, task] of [
    ...variants.map((own) => [own, taskOf()] as const),
    ...ofValues.map((own) => [own, VALUES] as const),
  ])
    test(`${nameOf(options)}, ${task.target.kind}`, () => {
      const own = given(options, task)
      const { batch, state, metrics } = own.run('forward')
      const { updated, targets, activities } = byHand(own, batch)
      for (const [name, expected] of Object.entries(updated)) close(state[name]!, expected, 1e-12, name)
      activities.forEach((y, i) => {
        const squares = zip((a, t) => (a - t) ** 2, y, targets[i]!).flat()
        close(metrics[`layer ${i}/loss`]!, [squares.reduce((a, b) => a + b) / 2 / own.task.batch])
      })
    })
})

describe('one step of the inverses', () => {
  for (const options of VARIANTS)
    test(`follows the central differences of each one's own loss: ${nameOf(options)}`, () => {
      const { state, run, hyper } = given({ ...options, inverseDecay: 0.1 })
      const { state: after } = run('feedback')
      const lossOf = (name: string): string => {
        const [group, i] = name.split('.')
        const above = Number(i) + 1
        const block =
          group === 'autoencoder' ? 'label auto-encoder' : `inverse of ${above === 3 ? 'output' : `layer ${above}`}`
        return `${block}/loss`
      }
      const learned = Object.keys(state).filter((name) => /^(inverses|autoencoder)\./.test(name))
      assert.equal(learned.length > 0, hyper.units.length > 1)
      const h = 1e-5
      for (const name of learned) {
        const value = state[name]!
        // Every third number: the loss is one formula for all of them.
        for (let i = 0; i < value.length; i += 3) {
          const [above, below] = [h, -h].map(
            (shift) =>
              run('feedback', { ...state, [name]: value.with(i, value[i]! + shift) }).metrics[lossOf(name)]![0]!,
          )
          close([(value[i]! - after[name]![i]!) / RATE], [(above! - below!) / (2 * h)], 1e-6, `${name}.${i}`)
        }
      }
    })
})

describe('the golden vectors of the specification', () => {
  /** a sin(1 + 3 i + 5 j + 7 l), rows of outputs, as the specification writes weights; ours are its transpose. */
  const w = (r: number, c: number, l: number, a: number): number[][] =>
    Array.from({ length: r }, (_, i) => Array.from({ length: c }, (_, j) => a * Math.sin(1 + 3 * i + 5 * j + 7 * l)))
  const task = taskOf({ shape: [1, 1, 3], classes: 2, batch: 2 })
  const own = given({ units: [4, 4], rate: 1, inverseRate: 1, noise: 1 }, task)
  const zero = Object.entries(own.state).map(([name, value]): [string, number[]] => [name, value.map(() => 0)])
  const weights = { 'layers.0': w(4, 3, 0, 0.5), 'layers.1': w(4, 4, 1, 0.5), 'layers.2': w(2, 4, 2, 0.5) }
  const state: Numbers = {
    ...Object.fromEntries(zero),
    ...Object.fromEntries(Object.entries(weights).map(([name, m]) => [`${name}.weight`, transpose(m).flat()])),
    'inverses.0.weight': transpose(w(4, 4, 3, 0.5)).flat(),
  }
  const batch = { x: [0.2, -0.4, 0.1, 0.5, 0.1, -0.3], target: [0, 1], progress: [0] }
  const within = (actual: readonly number[], expected: number[]): void => {
    // As many digits as are printed.
    assert.equal(actual.length, expected.length)
    actual.forEach((v, i) => {
      assert.ok(Math.abs(v - expected[i]!) < 6e-9, `${actual} is not ${expected}`)
    })
  }

  test('layers: activities, targets, gradients', () => {
    const { activities, targets } = byHand({ ...own, state }, batch)
    within(activities[0]![0]!, [0.08978823, -0.10814895, 0.12429725, -0.13792765])
    within(activities[1]![0]!, [0.03336943, -0.02990848, 0.02584843, -0.02127029])
    within(targets[1]![0]!, [0.13778178, 0.10117115, -0.00419925, -0.16939671])
    within(targets[0]![0]!, [0.19104155, -0.22797489, 0.26023585, -0.28722097])
    const { state: after, metrics } = evaluate(own.traced.steps.forward!, state, batch)
    within(metrics.loss!, [0.7037897])
    const gradientRow = (name: string, inputs: number): number[] =>
      transpose(rowsOf(minus([state[name]!], [after[name]!])[0]!, inputs))[0]!
    within(gradientRow('layers.0.weight', 3), [0.01324101, 0.02474435, -0.01899268])
    within(gradientRow('layers.1.weight', 4), [0.01313623, -0.01077675, 0.00819388, -0.00542373])
  })

  test('the inverse: its loss and gradient', () => {
    const noise = Array.from({ length: 8 }, (_, k) => 0.1 * Math.sin(1 + Math.floor(k / 4) + 2 * (k % 4)))
    const feedback = own.traced.steps.feedback!
    const { state: after, metrics } = evaluate(feedback, state, { ...batch, 'noise.layers.0.noise': noise })
    within(metrics['inverse of layer 1/loss']!, [0.19364288])
    const change = minus([state['inverses.0.weight']!], [after['inverses.0.weight']!])[0]!
    within(transpose(rowsOf(change, 4))[0]!, [-0.052243, 0.05722415, -0.06105891, 0.06367539])
  })
})

test('training the inverses leaves the layers as they are, bit for bit, and the reverse', () => {
  for (const options of VARIANTS) {
    const own = given({ ...options, optimizer: 'adam' })
    const isForward = (name: string): boolean => /^(optimizers\.)?layers\./.test(name)
    for (const step of ['feedback', 'forward'] as const) {
      const { state } = own.run(step)
      for (const name of Object.keys(state)) {
        const kept = isForward(name) === (step === 'feedback')
        const port = own.traced.steps[step]!.state.find((entry) => entry.name === name)!
        assert.equal(port.input === port.output, kept, `${step}: ${name}`)
        if (kept) assert.deepEqual(state[name], own.state[name])
      }
    }
  }
})

test('where the prediction is the label, the label auto-encoder asks for nothing; in plain form it does', () => {
  const moved = (form: 'difference' | 'plain'): number => {
    const task = taskOf({ batch: 2 })
    const own = given({ topTarget: 'label-autoencoder', form }, task)
    // Scores so far apart that the softmax is exactly one-hot in float64; labels of the batch are 1 and 2.
    const bias = 'layers.3.bias'
    const certain = {
      ...own.state,
      [bias]: [0, 5000, 0],
      'layers.3.weight': own.state['layers.3.weight']!.map(() => 0),
    }
    const batch = { ...batchFor(own.traced.steps.forward!, task, 1), target: [1, 1] }
    const { state } = evaluate(own.traced.steps.forward!, certain, batch)
    return Math.max(
      ...[0, 1, 2].flatMap((i) =>
        minus([state[`layers.${i}.weight`]!], [own.state[`layers.${i}.weight`]!])[0]!.map(Math.abs),
      ),
    )
  }
  assert.ok(moved('difference') < 1e-12)
  assert.ok(moved('plain') > 1e-3)
})

test('discrete units: signs are exact, samples are 1 with their probability, predictions pass means up', () => {
  assert.deepEqual(numbers(sign(constant([-3, -1e-12, 0, 1e-12, 0.7]))), [-1, -1, 0, 1, 1])
  const u = constant(Float64Array.from({ length: 1000 }, (_, i) => i / 1000))
  for (const p of [0, 0.25, 1]) close(numbers(bernoulli(constant(p).broadcastTo([1000]), u).mean()), [p])
  const { traced, state, task } = given({ hidden: 'bernoulli' })
  const { x } = batchFor(traced.predict, task)
  const logistic = (m: Matrix) => zip((v) => 1 / (1 + Math.exp(-v)), m)
  const means = [0, 1, 2].reduce((below: Matrix, i) => logistic(affine(state, `layers.${i}`, below)), rowsOf(x!, 4))
  close(evaluate(traced.predict, state, { x: x! }).metrics.scores!, affine(state, 'layers.3', means).flat())
})

test('inverses and layers take turns by batch or by epoch, after a pretraining of the inverses', () => {
  const at = (options: Options): string[] => {
    const hyper = targetPropagation.hyper.parse(options)
    return [0, 1, 2, 3].map((epoch) => targetPropagation.schedule!(epoch, 0, hyper, 0).join('+'))
  }
  assert.deepEqual(at({ pretraining: 1 }), ['feedback', ...Array(3).fill('feedback+forward')])
  assert.deepEqual(at({ pretraining: 1, alternate: 'epoch' }), ['feedback', 'feedback', 'forward', 'feedback'])
  assert.deepEqual(at({ units: [5] }), Array(4).fill('forward'))
  assert.deepEqual(at({ units: [5], topTarget: 'label-autoencoder' }), Array(4).fill('feedback+forward'))
})
