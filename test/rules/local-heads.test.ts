import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import { similarityLoss } from '../../src/rules/local-heads/head.js'
import { localHeads } from '../../src/rules/local-heads/local-heads.js'
import type { LocalHeadsHyper } from '../../src/rules/local-heads/options.js'
import { viewsOf } from '../../src/rules/speed-run/views.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, normals, numbers, uniforms, whole } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, rowsOf, shapeOf, taskOf } from './harness.js'

const CONVOLUTIONAL: Partial<LocalHeadsHyper> = { units: [4, 5], poolAfter: [0], headUnits: 3 }
const DENSE: Partial<LocalHeadsHyper> = { network: 'dense', units: [5, 4], optimizer: 'sgd', momentum: 0 }

/** The rule in small, with heads that have begun to learn: at 0 no gradient passes through them. */
function given(options: Partial<LocalHeadsHyper>, progress = 0.1, images = [2, 8, 8]) {
  const hyper = localHeads.hyper.parse(options)
  const task = taskOf({ shape: hyper.network === 'dense' ? [1, 4, 4] : images })
  const traced = traceRule(localHeads, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, value]): [string, readonly number[]] => [
    name,
    /layers.*(bias|linear)/.test(name) ? numbers(normals(name, [value.length]).mul(0.4)) : value,
  ])
  const state: Numbers = Object.fromEntries(start)
  const batch: Numbers = { ...batchFor(Object.values(traced.steps)[0]!, task, 1), progress: [progress] }
  return { hyper, task, traced, state, batch }
}

/** The names of the state that a step changes, by their first words. */
function changedBy(options: Partial<LocalHeadsHyper>, step = 'joint'): string[] {
  const { traced, state, batch } = given(options)
  const after = evaluate(traced.steps[step]!, state, batch).state
  const moved = Object.keys(state).filter((name) => state[name]!.some((value, i) => value !== after[name]![i]))
  return [...new Set(moved.map((name) => name.split('.').slice(0, 3).join('.')))]
}

/** The derivative of a layer's loss by one weight, by differences, beside what a step of SGD at rate 1 takes off. */
function checkGradient(options: Partial<LocalHeadsHyper>, name: string, loss: string, at = 1): void {
  const { traced, state, batch } = given({ ...options, rate: 1, schedule: 'constant' })
  const step = traced.steps.joint!
  const moved = evaluate(step, state, batch).state[name]![at]! - state[name]![at]!
  const h = 1e-5
  const [above, below] = [h, -h].map((shift) =>
    metricOf(step, loss, { ...state, [name]: state[name]!.with(at, state[name]![at]! + shift) }, batch),
  )
  close([moved], [-(above! - below!) / (2 * h)], 1e-6, name)
}

describe('what a layer learns from', () => {
  test('its own head: the step is the derivative of its own loss, in every kind of head and layer', () => {
    for (const head of ['linear', 'convolutional', 'predsim'] as const)
      for (const own of [DENSE, { ...CONVOLUTIONAL, optimizer: 'sgd', momentum: 0 } as const]) {
        const options = { ...own, head, smoothing: 0.1 }
        for (const layer of [0, 1]) {
          checkGradient(options, `layers.${layer}.weight`, `layer ${layer}/loss`, 3)
          checkGradient(options, `layers.${layer}.head.linear.weight`, `layer ${layer}/loss`)
          if (head !== 'linear') checkGradient(options, `layers.${layer}.head.inner`, `layer ${layer}/loss`)
        }
      }
  })

  test('with heads=last and a window over all layers, the loss at the end: backpropagation', () => {
    const options: Partial<LocalHeadsHyper> = { ...DENSE, heads: 'last', window: 2 }
    for (const layer of [0, 1]) checkGradient(options, `layers.${layer}.weight`, 'layer 1/loss', 2)
    const { traced, hyper, task } = given(options)
    assert.deepEqual(
      traced.steps.joint!.metrics.map(({ name }) => name).filter((name) => name.endsWith('loss')),
      ['layer 1/loss'],
    )
    assert.equal(certifyRule(localHeads, task, hyper).local, false)
  })

  test('with heads=last the other layers have no head', () => {
    const { state } = given({ ...CONVOLUTIONAL, head: 'convolutional', heads: 'last', window: 2 })
    assert.deepEqual([...new Set(Object.keys(state).map((name) => name.match(/.*head/)?.[0]))].filter(Boolean), [
      'layers.1.head',
      'running.1.head',
    ])
  })

  test('maps that are wider than high, or higher than wide', () => {
    for (const head of ['linear', 'convolutional', 'predsim'] as const)
      for (const images of [
        [1, 4, 20],
        [3, 20, 4],
      ]) {
        const { traced, state, batch } = given({ ...CONVOLUTIONAL, head }, 0.1, images)
        const { metrics } = evaluate(traced.steps.joint!, state, batch)
        assert.ok(Number.isFinite(metrics['layer 1/loss']![0]!))
      }
    // Of 4 channels on 2 x 10 places no more than 20 numbers: windows of 2 x 2 leave 1 x 5.
    const { state } = given({ ...CONVOLUTIONAL, whiten: false, headInputs: 20 }, 0.1, [1, 4, 20])
    assert.equal(state['layers.0.head.linear.weight']!.length, 20 * 3)
  })

  test('the similarity loss, by hand', () => {
    const rows = [
      [1, 2, 0],
      [0, 1, 5],
      [2, 2, 1],
      [-1, 0, 0],
    ]
    const labels = [0, 1, 1, 2]
    const cosines = (of: number[][]): number[][] => {
      const centred = of.map((row) => row.map((v) => v - row.reduce((a, b) => a + b) / row.length))
      const unit = centred.map((row) => row.map((v) => v / Math.hypot(...row)))
      return unit.map((a) => unit.map((b) => a.reduce((sum, v, i) => sum + v * b[i]!, 0)))
    }
    const oneHot = labels.map((label) => [0, 1, 2].map((k) => Number(k === label)))
    const [said, wanted] = [cosines(rows), cosines(oneHot)]
    const expected = said.flatMap((row, i) => row.map((v, j) => (v - wanted[i]![j]!) ** 2)).reduce((a, b) => a + b) / 16
    close(numbers(similarityLoss(constant(rows.flat(), [4, 3]), whole(...labels), 3)), [expected], 1e-9)
  })
})

test('a dense network does not train on single samples, and predicts them', () => {
  const hyper = localHeads.hyper.parse(DENSE)
  const task = taskOf({ batch: 1 })
  const traced = traceRule(localHeads, task, hyper)
  const message = /^batch normalisation needs more than one number of each channel to train, and \[1, 5\] has one/
  assert.throws(() => traced.steps, { name: 'UserError', message })
  assert.throws(() => traced.greedy(0), { name: 'UserError', message })
  const { scores } = evaluate(traced.predict, initialState(traced), batchFor(traced.predict, task)).metrics
  assert.ok(scores!.length === 3 && scores!.every(Number.isFinite))
})

describe('freezing', () => {
  const options: Partial<LocalHeadsHyper> = { ...CONVOLUTIONAL, head: 'convolutional', until: [0.5, 1] }

  test('a layer learns until its part of the training is done, and its step size is 0 there', () => {
    const hyper = localHeads.hyper.parse(options)
    const at = (progress: number) => localHeads.schedule!(0, 0, hyper, progress)
    assert.deepEqual([at(0), at(0.49), at(0.5), at(0.99)], [['joint'], ['joint'], ['without 0'], ['without 0']])
    assert.deepEqual(Object.keys(given(options).traced.steps), ['joint', 'without 0'])
    const { traced, state, batch } = given({ ...DENSE, until: [0.5, 1] }, 0.5)
    const after = evaluate(traced.steps.joint!, state, batch).state
    assert.deepEqual(after['layers.0.weight'], state['layers.0.weight'])
    assert.notDeepEqual(after['layers.1.weight'], state['layers.1.weight'])
  })

  test('is refused where a layer learns from the losses above too', () => {
    for (const more of [{ window: 2 }, { heads: 'last', window: 2 }] as const)
      assert.throws(() => given({ ...options, ...more }), /goes on learning from the losses of those above/)
  })

  test('is refused where layers learn one after the other, each to its end', () => {
    const asked = {
      name: 'UserError',
      exitCode: 2,
      message: /not possible here: layers that stop early \(until\).*set until=/,
    }
    const freezing = given({ ...DENSE, until: [0.5, 1] })
    assert.throws(() => localHeads.greedy!.layers(freezing.task, freezing.hyper), asked)
    assert.throws(() => freezing.traced.greedy(0), asked)
    for (const until of [[], [1, 1]]) {
      const { task, hyper } = given({ ...DENSE, until })
      assert.equal(localHeads.greedy!.layers(task, hyper), 2)
    }
  })

  test('then only its statistics move, and its head is not run', () => {
    const all = changedBy(options)
    assert.ok(all.includes('layers.0.weight') && all.includes('running.0.head'))
    const frozen = changedBy(options, 'without 0')
    assert.deepEqual(
      frozen.filter((name) => /\.0(\.|$)/.test(name)),
      ['running.0.norm'],
    )
    assert.ok(frozen.includes('layers.1.weight'))
  })
})

test('whitening comes from the first batch and never moves', () => {
  assert.ok(!changedBy(CONVOLUTIONAL).some((name) => name.includes('input')))
  const { state } = given(CONVOLUTIONAL)
  const filters = rowsOf(state['running.0.input.filters']!, 16)
  assert.deepEqual(
    filters.slice(8),
    filters.slice(0, 8).map((row) => row.map((v) => -v)),
  )
  assert.equal(given({ ...CONVOLUTIONAL, whiten: false }).state['running.0.input.filters'], undefined)
})

describe('predictions', () => {
  test('are the mean of the log-probabilities of the last layers, over the views', () => {
    const { traced, state, batch } = given({ ...CONVOLUTIONAL, readOut: 2 })
    const said = evaluate(traced.predict!, state, batch).metrics
    const parts = Object.entries(said).filter(([name]) => name !== 'scores')
    assert.equal(parts.length, 2)
    close(
      said.scores!,
      said.scores!.map((_, i) => (parts[0]![1][i]! + parts[1]![1][i]!) / 2),
      1e-12,
    )
    const weighted = given({ ...CONVOLUTIONAL, readOut: 2, readOutWeights: [1, 3] }).traced
    close(
      evaluate(weighted.predict!, state, batch).metrics.scores!,
      said.scores!.map((_, i) => 0.25 * parts[0]![1][i]! + 0.75 * parts[1]![1][i]!),
      1e-12,
    )
    const refused: readonly [number[], RegExp][] = [
      [[1], /one number for each of the last layers/],
      [[0, 0], /one of them is above 0/],
    ]
    for (const [readOutWeights, why] of refused)
      assert.throws(() => given({ ...CONVOLUTIONAL, readOut: 2, readOutWeights }), why)
    for (const [, part] of parts)
      for (const row of rowsOf(part, 4)) close([row.reduce((sum, v) => sum + Math.exp(v), 0)], [1])
  })

  test('an image and its mirror image are said to be the same by mirrored and by six views', () => {
    for (const views of ['mirrored', 'six'] as const) {
      const { traced, state, batch } = given({ ...CONVOLUTIONAL, views })
      const side = 8
      const flipped = batch.x!.map((_, i) => batch.x![i - (i % side) + side - 1 - (i % side)]!)
      const [one, other] = [batch.x!, flipped].map(
        (x) => evaluate(traced.predict!, state, { ...batch, x }).metrics.scores!,
      )
      close(one!, other!, 1e-9)
      assert.deepEqual(shapeOf(traced.predict!.metrics, 'scores'), [4, 3])
    }
  })

  test('six views are two, and four of these moved by a pixel along both axes', () => {
    const x = uniforms('x', 1, 1, 3, 3)
    const views = viewsOf(x, 'six')
    assert.deepEqual(
      views.map(({ weight }) => weight),
      [0.25, 0.25, 0.125, 0.125, 0.125, 0.125],
    )
    const [a, b, c, d, e, f, g, h, i] = numbers(x)
    close(numbers(views[1]!.images), [c!, b!, a!, f!, e!, d!, i!, h!, g!])
    // Down and right: what comes in at the top is row 1, at the left column 1.
    close(numbers(views[2]!.images), [e!, d!, e!, b!, a!, b!, e!, d!, e!])
    close(numbers(views[3]!.images), [e!, f!, e!, h!, i!, h!, e!, f!, e!])
  })
})
