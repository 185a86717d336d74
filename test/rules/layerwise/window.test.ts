// Gradients that reach over several layers, and which optimiser takes them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { adam } from '../../../src/nn/index.js'
import { certifyRule } from '../../../src/rules/certify.js'
import { close } from '../../nn/evaluate.js'
import { type Numbers, taskOf } from '../harness.js'
import { assertPromise } from '../promise.js'
import { descent, given, leavesUnder, rule, slopesOf, THREE } from './given.js'

describe('a window of m layers', () => {
  for (const window of [1, 2, 3])
    for (const optimizerOf of ['layer', 'loss'] as const)
      test(`m = ${window}: a layer descends the losses that reach it, with an optimiser for each ${optimizerOf}`, () => {
        const own = given({ layers: THREE, window, optimizerOf })
        for (const j of [0, 1, 2])
          for (const leaf of leavesUnder(own.state, `layers.${j}`)) {
            const reach = [0, 1, 2].filter((i) => i >= j && i < j + window)
            const each = reach.map((i) => slopesOf(own, `layer ${i}/loss`, leaf))
            const sum = each[0]!.map((_, k) => each.reduce((total, slopes) => total + slopes[k]!, 0))
            close(descent(own, leaf), sum, 1e-8, leaf)
          }
      })

  test('a loss is asked for by its step: its window learns, and nothing else', () => {
    const steps = { joint: (i: number) => i === 1 }
    const own = given({ layers: THREE, window: 2, steps })
    for (const leaf of leavesUnder(own.state, 'layers'))
      close(
        descent(own, leaf),
        slopesOf(own, 'layer 1/loss', leaf).map((g) => (leaf.startsWith('layers.2') ? 0 : g)),
        1e-8,
        leaf,
      )
  })

  test('parts that a layer keeps to itself do not learn from a loss above', () => {
    const [first, ...above] = THREE
    const own = given({ layers: [{ ...first!, ownAlone: ['hidden'] }, ...above], window: 2 })
    const [leaf] = leavesUnder(own.state, 'layers.0.hidden')
    close(descent(own, leaf!), slopesOf(own, 'layer 0/loss', leaf!), 1e-8)
  })

  test('Adam keeps moments of each layer, or of each loss for all layers that it reaches', () => {
    const count = (state: Numbers): number[] => [0, 1, 2].map((i) => leavesUnder(state, `optimizers.${i}.first`).length)
    const options = { layers: THREE, window: 2, optimizer: adam() }
    assert.deepEqual(count(given(options).state), [4, 4, 4])
    assert.deepEqual(count(given({ ...options, optimizerOf: 'loss' }).state), [4, 8, 8])
  })

  test('the certificate sees the window that is promised', () => {
    for (const window of [1, 2, 3]) {
      const own = rule({ layers: THREE, window })
      assertPromise(certifyRule(own, taskOf(), {}), own.locality(taskOf(), {}).promise)
    }
  })

  test('layers whose gradients span several are not trained one after the other', () => {
    assert.throws(() => given({ layers: THREE, window: 2 }).traced.greedy(0), {
      name: 'UserError',
      message:
        'greedy training is not possible here: gradients span several layers; take window=1, or the schedule joint',
    })
  })
})
