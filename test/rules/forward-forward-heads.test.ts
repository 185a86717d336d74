// Forward-Forward without negatives: each layer learns from the softmax head of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { checkEffect } from '../../src/options/index.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import { lengthNormalized, mean, type PlainLayer, passes, preactivation } from './plain.js'

const CLASSES = 3
const RATE = 0.1
const UNITS = [6, 5]
const task = taskOf({ classes: CLASSES })

function given(options: Record<string, unknown> = {}) {
  const plain = { optimizer: 'sgd', momentum: 0, schedule: 'constant', rate: RATE, ...options }
  const hyper = forwardForward.hyper.parse({ objective: 'heads', units: UNITS, ...plain })
  const traced = traceRule(forwardForward, task, hyper)
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([leaf, value]) => [
      leaf,
      numbers(normals(leaf, [value.length]).mul(0.5)),
    ]),
  )
  const batch = batchFor(traced.steps.joint!, task, 1)
  return { hyper, traced, state, batch, images: rowsOf(batch.x!, task.batch) }
}

const matrix = (state: Numbers, path: string): PlainLayer => {
  const weight = state[`${path}.weight`]!
  const bias = state[`${path}.bias`]!
  return { weight: rowsOf(weight, weight.length / bias.length), bias }
}

const layersOf = (state: Numbers): PlainLayer[] => UNITS.map((_, i) => matrix(state, `layers.${i}`))

const logProbabilities = (logits: readonly number[]): number[] => {
  const total = Math.log(logits.map(Math.exp).reduce((a, b) => a + b))
  return logits.map((logit) => logit - total)
}

/** What the head of each layer says of an image: log-probabilities. */
const saidOf = (state: Numbers, image: number[]): number[][] =>
  passes(layersOf(state), image).map(({ y }, l) =>
    logProbabilities(preactivation(matrix(state, `layers.${l}.head`), lengthNormalized(y))),
  )

test('each loss is the cross-entropy of its head on the normalised activities, without a label in the image', () => {
  const { traced, state, batch, images } = given()
  const { metrics } = evaluate(traced.steps.joint!, state, batch)
  for (const l of [0, 1]) {
    const said = images.map((image) => saidOf(state, image)[l]!)
    close(metrics[`layer ${l}/loss`]!, [mean(said.map((own, i) => -own[batch.target![i]!]!))], 1e-12)
  }
})

test('a step moves a layer and its head down the slope of its own loss alone', () => {
  const { traced, state, batch } = given()
  const after = evaluate(traced.steps.joint!, state, batch).state
  const step = 1e-6
  for (const [leaf, value] of Object.entries(state)) {
    const block = `layer ${leaf.split('.')[1]}/loss`
    const place = value.length >> 1
    const at = (by: number): number => {
      const moved = { ...state, [leaf]: value.with(place, value[place]! + by) }
      return evaluate(traced.steps.joint!, moved, batch).metrics[block]![0]!
    }
    const slope = (at(step) - at(-step)) / (2 * step)
    close([after[leaf]![place]!], [value[place]! - RATE * slope], 1e-7, leaf)
  }
})

test('predictions are the sum of what the heads say, or the last one alone', () => {
  for (const energyFrom of [0, 1]) {
    const { traced, state, batch, images } = given({ energyFrom })
    const { metrics } = evaluate(traced.predict, state, { x: batch.x! })
    const said = images.map((image) => saidOf(state, image))
    close(
      metrics.scores!,
      said.flatMap(([a, b]) => b!.map((v, k) => v + (energyFrom === 0 ? a![k]! : 0))),
      1e-12,
    )
  }
  const { hyper } = given()
  assert.equal(forwardForward.probabilities!(hyper), true)
  assert.equal(forwardForward.scoreName!(hyper), 'score')
})

test('layers may learn one after the other: each on the output below does what it does in the joint step', () => {
  const { traced, state, batch } = given()
  const after = evaluate(traced.steps.joint!, state, batch).state
  for (const layer of [0, 1]) {
    const { step, features } = traced.greedy(layer)
    const kept = evaluate(features, state, { x: batch.x! }).metrics.features!
    const alone = evaluate(step, state, { ...batch, x: kept }).state
    for (const [leaf, value] of Object.entries(alone))
      close(value, leaf.startsWith(`layers.${layer}.`) ? after[leaf]! : state[leaf]!, 1e-12, leaf)
  }
})

test('options of goodness are refused where there is none', () => {
  const { hyper } = given()
  for (const values of [{ negatives: 'fixed' }, { theta: 1 }, { predict: 'softmax' }, { headRate: 1 }])
    assert.throws(() => checkEffect(forwardForward.hyper, values, hyper, 'forward-forward'), UserError)
})
