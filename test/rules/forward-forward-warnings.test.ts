import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import type { ForwardForwardHyper } from '../../src/rules/forward-forward/options.js'
import { presets } from '../../src/rules/forward-forward/presets.js'
import { taskOf } from './harness.js'

test('settings under which upper layers fell silent are told', () => {
  const warned = (preset: string, options: Partial<ForwardForwardHyper> = {}): readonly string[] =>
    forwardForward.warnings!(taskOf(), forwardForward.hyper.parse({ ...presets[preset]!.hyper, ...options }))
  for (const preset of ['pff', 'pff-random', 'pff-fixed'])
    assert.match(warned(preset).join(), /fell silent within 14 steps/)
  for (const preset of ['fast', 'hinton', 'loewe', 'pff-heads', 'unsupervised']) assert.deepEqual(warned(preset), [])
  assert.deepEqual(warned('pff-random', { goodness: 'mean', loss: 'swish', rate: 0.002 }), [])
})
