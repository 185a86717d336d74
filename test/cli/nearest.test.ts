import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest, unknownName } from '../../src/names.js'

const RULES = ['forward-forward', 'backprop', 'trifecta']

test('a slip, another case, an abbreviation and a slip in one all find the name that was meant', () => {
  assert.equal(nearest('forward-froward', RULES), 'forward-forward')
  assert.equal(nearest('BackProp', RULES), 'backprop')
  assert.equal(nearest('forward_forward', RULES), 'forward-forward')
  assert.equal(nearest('forward', RULES), 'forward-forward')
  assert.equal(nearest('forwad', RULES), 'forward-forward')
  assert.equal(nearest('backpropagation', RULES), 'backprop')
  assert.equal(nearest('ff', ['uff', ...RULES]), 'forward-forward')
  assert.equal(nearest('gpu', ['cpu', 'webgpu', 'wasm']), 'webgpu')
  assert.equal(nearest('momentun', ['rate', 'momentum', 'peer']), 'momentum')
})

test('what is near nothing gets no suggestion', () => {
  assert.equal(nearest('xyz', RULES), undefined)
  assert.equal(nearest('foo', RULES), undefined)
  assert.equal(nearest('anything', []), undefined)
  assert.equal(unknownName('preset', 'x', []).message, 'There is no preset "x". There are none.')
})

test('the message of an unknown name says what was meant and what there is', () => {
  const error = unknownName('rule', 'trifect', RULES)
  assert.equal(error.exitCode, 2)
  assert.equal(
    error.message,
    'There is no rule "trifect". Did you mean "trifecta"? Known: forward-forward, backprop, trifecta.',
  )
})
