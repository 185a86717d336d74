import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdState, showState } from '../../src/runtime/held.js'

test('a matrix that is held turned lies column by column, and is shown as it was given', () => {
  const ports = [
    { name: 'w', dtype: 'float32', shape: [2, 3] },
    { name: 'b', dtype: 'float32', shape: [3] },
  ] as const
  const state = { w: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(7, 8, 9) }
  const turned = new Set(['w'])
  const held = holdState(state, ports, turned)
  assert.deepEqual(held, { w: Float32Array.of(1, 4, 2, 5, 3, 6), b: state.b })
  assert.deepEqual(showState(held, ports, turned), state)
  assert.deepEqual(holdState({ b: state.b }, ports, turned), { b: state.b })
})
