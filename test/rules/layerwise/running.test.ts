// Running values, noise, and heads.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  affine,
  batchNormalized,
  convolution,
  convolve,
  crossEntropy,
  type Dense,
  dense,
  flat,
  type Statistics,
  sgd,
  statistics,
} from '../../../src/nn/index.js'
import { certifyRule } from '../../../src/rules/certify.js'
import type { Head, LocalLayer } from '../../../src/rules/index.js'
import { close } from '../../nn/evaluate.js'
import { evaluate, rowsOf, taskOf } from '../harness.js'
import { mean } from '../plain.js'
import { assertPromise } from '../promise.js'
import { descent, given, leavesUnder, readOut, rule, slopesOf, THREE, type Weights } from './given.js'

/** Convolution, batch normalisation, ReLU and dropout: a serious convolutional layer. */
const convolutional = (inputs: number, channels: number): LocalLayer<Weights, Statistics> => ({
  init: (random, name) => ({
    hidden: convolution(random, `${name}.hidden`, inputs, channels, 3, 'he'),
    readout: dense(random, `${name}.readout`, channels * 16, 3, 'fan-in'),
  }),
  running: statistics(channels),
  forward({ hidden }, x, pass) {
    const { output, running } = batchNormalized(convolve(hidden!, x, { padding: 'same' }), pass)
    const y = output.relu()
    if (!pass.training) return { output: y, running }
    const kept = pass.random.uniform('dropout', y.shape).greaterEqual(0.5).cast('float32').mul(2)
    return { output: y.mul(kept), running }
  },
  loss: ({ parameters, output, batch }) => crossEntropy(affine(parameters.readout!, flat(output)), batch.target).mean(),
  scores: ({ readout }, y) => affine(readout!, flat(y)),
})

describe('running values and noise', () => {
  const layers = [convolutional(1, 2), convolutional(2, 3)]

  test('batch normalisation moves its statistics while it trains, and reads them in use', () => {
    const own = given({ layers })
    const images = rowsOf(own.batch.x!, 4)
    const kernel = own.state['layers.0.hidden.weight']!.slice(0, 9)
    const at = (image: readonly number[], y: number, x: number): number =>
      y < 0 || y > 3 || x < 0 || x > 3 ? 0 : image[4 * y + x]!
    const map = (image: readonly number[]): number[] =>
      image.map((_, i) =>
        kernel.reduce((sum, w, k) => sum + w * at(image, (i >> 2) + Math.floor(k / 3) - 1, (i % 4) + (k % 3) - 1), 0),
      )
    const now = mean(images.flatMap(map))
    close([own.after.state['running.0.mean']![0]!], [0.1 * now])
    const predict = (m: number): readonly number[] => {
      const state = { ...own.state, 'running.0.mean': [m, 0] }
      return evaluate(own.traced.predict, state, { x: own.batch.x! }).metrics.scores!
    }
    assert.notDeepEqual(predict(0), predict(0.1))
  })

  test('a layer that drops its running values is told, and does not train with values that never move', () => {
    const whole = convolutional(1, 2)
    const dropping: typeof whole = {
      ...whole,
      forward(...given) {
        const made = whole.forward(...given)
        return 'output' in made ? made.output : made
      },
    }
    assert.throws(() => given({ layers: [dropping] }), /layer 0 has running values, and its forward returns none/)
  })

  test('batch normalisation without statistics says what to declare', () => {
    const { running: _, ...bare } = convolutional(1, 2)
    assert.throws(() => certifyRule(rule({ layers: [bare] }), 'glyphs'), /declare running: nn\.statistics\(C\)/)
  })

  test('layers that ask for noise of one name get different noise', () => {
    const { batch } = given({ layers })
    const [first, second] = [0, 1].map((i) => batch[`noise.layers.${i}.dropout`]!)
    assert.equal(first!.length, 4 * 2 * 16)
    assert.notDeepEqual(first!.slice(0, 8), second!.slice(0, 8))
  })

  test('in use nothing may be drawn', () => {
    const noisy = {
      ...THREE[0]!,
      forward: (p: Weights, x: never, pass: never) => {
        const { random } = pass as { random: { normal(name: string, shape: number[]): unknown } }
        random.normal('n', [1])
        return THREE[0]!.forward(p, x, pass)
      },
    }
    assert.throws(() => given({ layers: [noisy] }), /the noise "n" in use; draw it only where `training` holds/)
  })

  test('greedy training keeps what a frozen layer makes in use', () => {
    const { traced, state, batch } = given({ layers })
    const { features } = traced.greedy(1)
    assert.deepEqual(Object.keys(evaluate(features, state, { x: batch.x! }).metrics), ['features'])
  })

  test('running values belong to no layer that learns', () => {
    const own = rule({ layers })
    assert.deepEqual(
      own.locality(taskOf(), {}).blocks.map(({ statistics }) => statistics),
      layers.map((_, i) => [`running.${i}`]),
    )
    assertPromise(certifyRule(own, taskOf(), {}), own.locality(taskOf(), {}).promise)
  })
})

const headOf = (inputs: number): Head<Dense> => ({
  init: (random, name) => dense(random, name, inputs, 3, 'fan-in'),
  loss: ({ parameters, input, batch }) => crossEntropy(affine(parameters, input), batch.target).mean(),
  predict: (parameters, input) => ({ scores: affine(parameters, input) }),
})

describe('a head', () => {
  const silent = [readOut(16, 5), readOut(5, 4)].map(({ loss: _, ...layer }) => layer)

  test('learns from what all layers hand up, and they learn nothing from it', () => {
    const own = given({ layers: silent, head: headOf(9) })
    for (const leaf of leavesUnder(own.state, 'layers')) assert.deepEqual(own.after.state[leaf], own.state[leaf])
    for (const leaf of leavesUnder(own.state, 'head.parameters'))
      close(descent(own, leaf), slopesOf(own, 'head/loss', leaf), 1e-8, leaf)
    const both = rule({ layers: [readOut(16, 5), readOut(5, 4)], head: headOf(9) })
    assertPromise(certifyRule(both, taskOf(), {}), both.locality(taskOf(), {}).promise)
  })

  test('predicts, from what it reads alone', () => {
    const read = given({ layers: silent, head: { ...headOf(5), read: ({ outputs }) => outputs[0]! } })
    const scores = (state: typeof read.state): readonly number[] =>
      evaluate(read.traced.predict, state, { x: read.batch.x! }).metrics.scores!
    const changed = (leaf: string): typeof read.state => ({
      ...read.state,
      [leaf]: read.state[leaf]!.map((v) => 2 * v),
    })
    assert.deepEqual(scores(changed('layers.1.hidden.weight')), scores(read.state))
    assert.notDeepEqual(scores(changed('layers.0.hidden.weight')), scores(read.state))
  })

  test('may have a step size of its own', () => {
    const slow = given({
      layers: silent,
      head: { ...headOf(9), optimizer: sgd(), rate: (progress) => progress.mul(0.1) },
    })
    const leaf = 'head.parameters.weight'
    // A tenth through the training: a tenth of the others' step.
    close(
      descent(slow, leaf),
      slopesOf(slow, 'head/loss', leaf).map((g) => g / 10),
      1e-8,
    )
  })

  test('with an input of its own learns first, and its scores may choose what the layers read', () => {
    const asked = given({
      layers: [readOut(16, 5)],
      head: { ...headOf(5), input: (x) => ({ x: x.mul(2) }) },
      input: {
        training: ({ x }, { scores }) => ({ x: x.mul(scores!.max(-1, true).reshape([-1, 1, 1, 1])) }),
        use: (x) => ({ x }),
      },
    })
    const { metrics } = evaluate(asked.traced.predict, asked.state, { x: asked.batch.x! })
    const chosen = rowsOf(asked.batch.x!, 4).flatMap((image, i) => {
      const highest = Math.max(...rowsOf(metrics.scores!, 4)[i]!)
      return image.map((v) => v * highest)
    })
    const plain = given({ layers: [readOut(16, 5)] })
    const alone = evaluate(plain.step, plain.state, { ...plain.batch, x: chosen })
    close(asked.after.metrics['layer 0/loss']!, alone.metrics['layer 0/loss']!)
  })

  test('has the last phase of greedy training', () => {
    const { traced, state, batch, after } = given({ layers: [readOut(16, 5), readOut(5, 4)], head: headOf(9) })
    const { step, features } = traced.greedy(2)
    const x = evaluate(features, state, { x: batch.x! }).metrics.features!
    const alone = evaluate(step, state, { ...batch, x }).state
    for (const [name, value] of Object.entries(alone))
      close(value, name.startsWith('head.') ? after.state[name]! : state[name]!, 1e-14, name)
  })
})
