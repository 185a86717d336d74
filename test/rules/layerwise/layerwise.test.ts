// From layers to rules: what each learns from, what a prediction is made of, and training one after the other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxPool2d } from '../../../src/graph/index.js'
import { adam } from '../../../src/nn/index.js'
import { certifyRule } from '../../../src/rules/certify.js'
import type { LocalLayer } from '../../../src/rules/index.js'
import { close } from '../../nn/evaluate.js'
import { evaluate, type Numbers, rowsOf, taskOf } from '../harness.js'
import { assertPromise } from '../promise.js'
import { descent, given, leavesUnder, readOut, rule, slopesOf, THREE, type Weights } from './given.js'

const pooling: LocalLayer<Weights> = {
  init: () => ({}),
  forward: (_, x) => maxPool2d(x, 2),
}

test('each layer descends its own loss, by central differences', () => {
  const own = given({ layers: THREE })
  for (const i of [0, 1, 2])
    for (const leaf of leavesUnder(own.state, `layers.${i}`))
      close(descent(own, leaf), slopesOf(own, `layer ${i}/loss`, leaf), 1e-8, leaf)
})

test('greedy training of a layer is its part of the joint step, and keeps the others', () => {
  const { traced, state, batch, after } = given({ layers: THREE })
  for (const layer of [0, 1, 2]) {
    const { step, features } = traced.greedy(layer)
    const x = evaluate(features, state, { x: batch.x! }).metrics.features!
    const alone = evaluate(step, state, { ...batch, x }).state
    for (const [name, value] of Object.entries(alone))
      close(value, name.startsWith(`layers.${layer}.`) ? after.state[name]! : state[name]!, 1e-14, name)
  }
})

test('predictions are the last scores, or the sum or the mean of those from a layer on', () => {
  const scoresOf = (prediction?: Parameters<typeof given>[0]['prediction']): Numbers => {
    const { traced, state, batch } = given({ layers: THREE, ...(prediction && { prediction }) })
    return evaluate(traced.predict, state, { x: batch.x! }).metrics
  }
  const all = scoresOf()
  const parts = [0, 1, 2].map((i) => all[`parts/layer ${i}`]!)
  const sumFrom = (from: number, factor = 1): number[] =>
    parts[0]!.map((_, k) => factor * parts.slice(from).reduce((sum, part) => sum + part[k]!, 0))
  close(all.scores!, sumFrom(0))
  close(scoresOf('sum').scores!, sumFrom(0))
  close(scoresOf('last').scores!, parts[2]!)
  close(scoresOf({ sumFrom: 1 }).scores!, sumFrom(1))
  close(scoresOf({ meanFrom: 1 }).scores!, sumFrom(1, 1 / 2))
  const weighted = parts[1]!.map((part, k) => 0.25 * part + 0.75 * parts[2]![k]!)
  close(scoresOf({ meanFrom: 1, weights: [1, 3] }).scores!, weighted)
  assert.equal(rowsOf(all.scores!, 4)[0]!.length, 3)
})

test('a layer without parameters or scores takes part; a network without any scores is refused in words', () => {
  const { state, after, traced } = given({ layers: [pooling, readOut(4, 5)] })
  assert.deepEqual(
    traced.predict.metrics.map(({ name }) => name),
    ['scores', 'parts/layer 1'],
  )
  assert.notDeepEqual(after.state['layers.1.hidden.weight'], state['layers.1.hidden.weight'])
  assert.throws(() => given({ layers: [pooling] }), /says anything of the target; give it `scores`/)
})

test('a layer may have an optimiser and a step size of its own', () => {
  const [first, second] = THREE
  const own = given({
    layers: [first!, { ...second!, optimizer: adam(), rate: (progress) => progress.mul(0.5) }, THREE[2]!],
  })
  const plain = given({ layers: THREE })
  for (const leaf of leavesUnder(own.state, 'layers.0'))
    assert.deepEqual(own.after.state[leaf], plain.after.state[leaf])
  const [leaf] = leavesUnder(own.state, 'layers.1')
  // Adam's first step is the rate, in the gradient's direction; the batch is a tenth through the training.
  const gradient = slopesOf(own, 'layer 1/loss', leaf!)
  close(
    own.state[leaf!]!.map((v, i) => v - own.after.state[leaf!]![i]!),
    gradient.map((g) => 0.05 * Math.sign(g)),
    1e-5,
  )
  assert.deepEqual(leavesUnder(own.state, 'optimizers.1').length, 9)
  assert.deepEqual(leavesUnder(own.state, 'optimizers.0'), [])
})

test('steps may give a loss to some of the layers alone', () => {
  const steps = { odd: (i: number) => i % 2 === 1, none: () => false }
  const { state, after } = given({ layers: THREE, steps }, 'odd')
  for (const i of [0, 1, 2])
    for (const leaf of leavesUnder(state, `layers.${i}`))
      assert.equal(
        after.state[leaf]!.every((v, k) => v === state[leaf]![k]),
        i !== 1,
        leaf,
      )
  assert.deepEqual(Object.keys(after.metrics), ['layer 1/loss'])
  const still = given({ layers: THREE, steps }, 'none')
  assert.deepEqual(still.after, { state: still.state, metrics: {} })
})

test('what layers read while they train may be more than the batch, and in use something else', () => {
  const double = given({
    layers: [
      {
        ...THREE[0]!,
        forward: (p, x, pass) => THREE[0]!.forward(p, x.mul(pass.given as number), pass),
      },
    ],
    input: { training: ({ x }) => ({ x, given: 2 }), use: (x) => ({ x, given: 3 }) },
    greedy: 'it is not meant',
  })
  const plain = given({ layers: [THREE[0]!] })
  const times = (own: Numbers, factor: number): Numbers => ({ ...own, x: own.x!.map((v) => factor * v) })
  assert.deepEqual(double.after, evaluate(plain.step, plain.state, times(plain.batch, 2)))
  assert.deepEqual(
    evaluate(double.traced.predict, double.state, { x: double.batch.x! }),
    evaluate(plain.traced.predict, plain.state, times({ x: plain.batch.x! }, 3)),
  )
  assert.throws(() => double.traced.greedy(0), { name: 'UserError', message: /greedy training .*: it is not meant$/ })
})

test('the promise of the combinator holds', () => {
  const own = rule({ layers: THREE })
  assertPromise(certifyRule(own, taskOf(), {}), own.locality(taskOf(), {}).promise)
})
