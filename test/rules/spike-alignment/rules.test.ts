// The phase in the rules that have it: what it reads, what it changes, and what the certificate says of it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { certify } from '../../../src/certificate/certify.js'
import { broadcast } from '../../../src/rules/broadcast/broadcast.js'
import { certifyRule } from '../../../src/rules/certify.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { recLra } from '../../../src/rules/rec-lra/rec-lra.js'
import { spikeAlignment } from '../../../src/rules/spike-alignment/spike-alignment.js'
import { targetPropagation } from '../../../src/rules/target-propagation/target-propagation.js'
import { traceRule } from '../../../src/rules/trace.js'
import { batchFor, evaluate, initialState, rowsOf, taskOf } from '../harness.js'
import { assertPromise } from '../promise.js'

type Options = Readonly<Record<string, unknown>>

const SHORT = { align: 'sal', alignTimes: 2, alignSteps: 40, alignBatch: 2 }
const CONVOLUTIONS = { channels: [2, 3], poolAfter: [0], units: [4] }

/** Rules with a phase, and the feedback weights that it changes. */
const CASES: readonly [name: string, AnyRule, Options, string[]][] = [
  ['spike-alignment', spikeAlignment, { units: [6, 5] }, ['feedback.0', 'feedback.1']],
  ['broadcast, fa', broadcast, { method: 'fa', units: [6, 5] }, ['feedback.0', 'feedback.1']],
  ['broadcast, fa, one layer', broadcast, { method: 'fa', units: [6] }, ['feedback.0']],
  ['broadcast, dfa', broadcast, { method: 'dfa', units: [6, 5] }, ['feedback.0', 'feedback.1']],
  ['broadcast, fa, convolutions', broadcast, { method: 'fa', ...CONVOLUTIONS }, ['feedback.1', 'feedback.2']],
  ['broadcast, dfa, convolutions', broadcast, { method: 'dfa', ...CONVOLUTIONS }, ['feedback.2']],
  ['target-propagation', targetPropagation, { units: [6, 5] }, ['inverses.0.weight']],
  [
    'target-propagation from the output, one layer',
    targetPropagation,
    { units: [6], topTarget: 'output' },
    ['inverses.0.weight'],
  ],
  [
    'target-propagation from the output',
    targetPropagation,
    { units: [6, 5], topTarget: 'output', form: 'drl' },
    ['inverses.0.weight', 'inverses.1.weight'],
  ],
  ['rec-lra', recLra, { units: [6, 5] }, ['feedback.0', 'feedback.1']],
  [
    'rec-lra, an error skip',
    recLra,
    { units: [6, 5, 4], errorSkip: 2, gamma: 0 },
    [0, 1, 2].map((i) => `feedback.${i}`),
  ],
]

const given = (rule: AnyRule, options: Options) => {
  const task = taskOf({ shape: [1, 8, 8] })
  const hyper: unknown = rule.hyper.parse({ ...options, ...SHORT })
  return { task, hyper, traced: traceRule(rule, task, hyper) }
}

for (const [name, rule, options, aligned] of CASES)
  describe(name, () => {
    const { task, hyper, traced } = given(rule, options)
    const step = traced.steps.align!

    test('its step reads noise alone, and changes the feedback weights and nothing else', () => {
      assert.deepEqual(new Set(step.batch.map(({ input }) => input.node.attributes.kind)), new Set(['noise']))
      const start = initialState(traced)
      const { state } = evaluate(step, start, batchFor(step, task))
      const changed = Object.keys(start).filter((leaf) => start[leaf]!.some((v, i) => v !== state[leaf]![i]))
      assert.deepEqual(changed.sort(), aligned)
    })

    test('the certificate finds no label and no derivative in it, and keeps the promise', () => {
      const { blocks, promise } = rule.locality(task, hyper)
      const alone = certify([step], blocks, { samples: task.batch, choices: 3 })
      const own = alone.layers.filter(({ learns }) => learns)
      assert.equal(own.length, aligned.length)
      for (const { reads, depth } of own) {
        assert.equal(reads.labels, 'none')
        assert.equal(depth, 0)
      }
      assertPromise(certifyRule(rule, task, hyper), promise)
    })

    test('it comes between epochs, and only where it is asked for', () => {
      assert.deepEqual(rule.between!(0, hyper as never), [{ step: 'align', times: 2 }])
      const off: unknown = rule.hyper.parse({ ...options, align: 'none' })
      assert.deepEqual(rule.between!(0, off as never), [])
      assert.equal(traceRule(rule, task, off).steps.align, undefined)
    })
  })

test('of dfa the feedback turns to the product of the weights above it', () => {
  const { task, traced } = given(broadcast, { method: 'dfa', units: [6, 5] })
  const step = traced.steps.align!
  const start = initialState(traced)
  const product = rowsOf(start['layers.1.weight']!, 6).flatMap((row) =>
    [0, 1, 2].map((k) => row.reduce((sum, w, j) => sum + w * start['layers.2.weight']![j * 3 + k]!, 0)),
  )
  const { state, metrics } = evaluate(step, start, batchFor(step, task))
  const B = state['feedback.0']!
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
  const wanted = (Math.acos(dot(B, product) / Math.sqrt(dot(B, B) * dot(product, product))) * 180) / Math.PI
  assert.ok(Math.abs(metrics['feedback to layer 0/angle']![0]! - wanted) < 1e-4)
})

test('other methods of broadcast have no phase', () => {
  for (const method of ['sbd', 'kolen-pollack', 'drtp', 'backprop']) {
    const hyper: unknown = broadcast.hyper.parse({ method, align: 'sal' })
    assert.deepEqual(broadcast.between!(0, hyper as never), [])
  }
})

test('the network is that of broadcast with feedback alignment, to the bit', () => {
  const options = { units: [6, 5], optimizer: 'sgd', rate: 0.01, schedule: 'constant', initial: 'he' }
  const own = given(spikeAlignment, options)
  const other = given(broadcast, { ...options, method: 'fa', outputRate: 0.01 })
  const [a, b] = [own, other].map(({ task, traced }) => {
    const step = traced.steps.joint!
    return evaluate(step, initialState(traced), batchFor(step, task)).state
  })
  assert.deepEqual(a, b)
})
