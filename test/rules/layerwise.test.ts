// The combinator from cells to rules, on two layers with a read-out each, and a pooling between them that learns nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { maxPool2d } from '../../src/graph/index.js'
import { affine, crossEntropy, type Dense, dense, SCHEDULES, sgd } from '../../src/nn/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { Rule } from '../../src/rules/contract.js'
import { type LayerDesign, layerwise, type Stack } from '../../src/rules/layerwise.js'
import { traceRule } from '../../src/rules/trace.js'
import { close } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, rowsOf, taskOf } from './harness.js'
import { assertPromise } from './promise.js'

type Layer = { hidden?: Dense; readout?: Dense }

const readOut = (inputs: number, outputs: number): LayerDesign<Layer> => ({
  init: (random, name) => ({
    hidden: dense(random, `${name}.hidden`, inputs, outputs, 'he'),
    readout: dense(random, `${name}.readout`, outputs, 3, 'fan-in'),
  }),
  forward: ({ hidden }, x) => affine(hidden!, x.reshape([x.shape[0]!, -1])).tanh(),
  objective: ({ readout }, _, y, { labels }) => crossEntropy(affine(readout!, y), labels).mean(),
  scores: ({ readout }, y) => affine(readout!, y),
})

const pooling: LayerDesign<Layer> = {
  init: () => ({}),
  forward: (_, x) => maxPool2d(x, 2),
  objective: (_, _input, y) => y.mean(),
}

const rule = (layers: LayerDesign<Layer>[]): Rule<object, Stack<Layer>> => ({
  id: 'fixture',
  title: 'Fixture',
  summary: 'a fixture',
  source: 'ours',
  hyper: z.strictObject({}),
  training: { epochs: 1, batch: 4 },
  presets: {},
  ...layerwise<object, Layer>({
    layers: () => layers,
    optimizer: () => sgd(),
    rate: (_, progress) => SCHEDULES.constant(progress).mul(0.1),
  }),
})

const given = (layers: LayerDesign<Layer>[]) => {
  const traced = traceRule(rule(layers), taskOf(), {})
  const joint = traced.steps.joint!
  const [state, batch] = [initialState(traced), batchFor(joint, taskOf(), 1)]
  return { traced, joint, state, batch, after: evaluate(joint, state, batch) }
}
const TWO = [readOut(16, 5), readOut(5, 4)]

test('each layer descends its own objective, by central differences', () => {
  const { joint, state, batch, after } = given(TWO)
  const h = 1e-5
  for (const [name, value] of Object.entries(state)) {
    const own = `layers.${name.split('.')[1]}.loss`
    const lossAt = (i: number, shift: number): number => {
      const moved = { ...state, [name]: value.with(i, value[i]! + shift) }
      return metricOf(joint, own, moved, batch)
    }
    const slopes = value.map((_, i) => (lossAt(i, h) - lossAt(i, -h)) / (2 * h))
    close(
      value.map((v, i) => (v - after.state[name]![i]!) / 0.1),
      slopes,
      1e-8,
      name,
    )
  }
})

test('greedy training of a layer is its part of the joint step, and keeps the others', () => {
  const { traced, state, batch, after } = given(TWO)
  for (const layer of [0, 1]) {
    const { step, features } = traced.greedy(layer)
    const x = evaluate(features, state, { x: batch.x! }).metrics.features!
    const alone = evaluate(step, state, { ...batch, x }).state
    for (const [name, value] of Object.entries(alone))
      close(value, name.startsWith(`layers.${layer}.`) ? after.state[name]! : state[name]!, 1e-14, name)
  }
})

test('predictions add up what the layers say', () => {
  const { traced, state, batch } = given(TWO)
  const { metrics } = evaluate(traced.predict, state, { x: batch.x! })
  close(
    metrics.scores!,
    metrics['layers.0']!.map((v, i) => v + metrics['layers.1']![i]!),
  )
  assert.equal(rowsOf(metrics.scores!, 4)[0]!.length, 3)
})

test('a layer without parameters or scores takes part; a network without any scores is refused in words', () => {
  const { state, after, traced } = given([pooling, readOut(4, 5)])
  assert.deepEqual(
    traced.predict.metrics.map(({ name }) => name),
    ['scores', 'layers.1'],
  )
  assert.notDeepEqual(after.state['layers.1.hidden.weight'], state['layers.1.hidden.weight'])
  assert.throws(() => given([pooling]), /no layer says anything of the classes/)
})

test('the promise of the combinator holds', () => {
  const own = rule([...TWO, readOut(4, 6)])
  assertPromise(certifyRule(own, taskOf(), {}), own.locality(taskOf(), {}).promise)
})
