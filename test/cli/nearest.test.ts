import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest, unknownName } from '../../src/names.js'
import { RULES as OWN, ruleById } from '../../src/rules/registry.js'

const RULES = ['forward-forward', 'backprop', 'trifecta']
const DATA = ['glyphs', 'mnist', 'fashion-mnist', 'cifar-10', 'optdigits']

test('a slip, another case, an abbreviation and a slip in one all find the name that was meant', () => {
  for (const [word, name, others] of [
    ['forward-froward', 'forward-forward', RULES],
    ['BackProp', 'backprop', RULES],
    ['forward_forward', 'forward-forward', RULES],
    ['forward', 'forward-forward', RULES],
    ['forwad', 'forward-forward', RULES],
    ['backpropagation', 'backprop', RULES],
    ['ff', 'forward-forward', ['uff', ...RULES]],
    ['gpu', 'webgpu', ['cpu', 'webgpu', 'wasm']],
    ['momentun', 'momentum', ['rate', 'momentum', 'peer']],
    ['rates', 'rate', ['rate', 'momentum', 'peer']],
    ['minst', 'mnist', DATA],
    ['mnistt', 'mnist', DATA],
    ['cifar', 'cifar-10', DATA],
    ['CIFAR10', 'cifar-10', DATA],
    ['digits', 'optdigits', DATA],
  ] as const)
    assert.deepEqual(nearest(word, others), [name], word)
})

test('what is near nothing, or is the name of another thing, gets no suggestion', () => {
  for (const [word, others] of [
    ['xyz', RULES],
    ['foo', RULES],
    ['anything', []],
    ['ff', ['uff', 'trifecta']],
    ['rff', ['uff', ...RULES]],
    ['emnist', DATA],
    ['kmnist', DATA],
    ['qmnist', DATA],
    ['cifar-100', DATA],
    ['lr', ['l2', 'rate']],
    ['adamw', ['adam', 'sgd']],
    ['nadam', ['adam', 'sgd']],
    ['elu', ['relu', 'tanh']],
    ['relu6', ['relu', 'tanh']],
    ['int16', ['float32', 'int8']],
    ['webgl', ['cpu', 'webgpu', 'wasm']],
  ] as const)
    assert.deepEqual(nearest(word, others), [], word)
  assert.equal(unknownName('preset', 'x', []).message, 'There is no preset "x". There are none.')
})

test('a word that is as near to two names suggests both', () => {
  const message = /^There is no rule "vae"\. Did you mean "vae-layer" or "hopfield-vae"\? Known: /
  assert.match(unknownName('rule', 'vae', ['trifecta', 'vae-layer', 'hopfield-vae']).message, message)
})

test('a rule is found by what the field calls it for short, and no two rules by one name', () => {
  for (const [short, id] of Object.entries({
    ff: 'forward-forward',
    FF: 'forward-forward',
    ep: 'equilibrium-propagation',
    tp: 'target-propagation',
    bp: 'backprop',
  }))
    assert.equal(ruleById(short).id, id)
  const all = OWN.flatMap(({ id, short = [] }) => [id, ...short])
  assert.equal(new Set(all).size, all.length)
})

test('the message of an unknown name says what was meant and what there is', () => {
  const error = unknownName('rule', 'trifect', RULES)
  assert.equal(error.exitCode, 2)
  assert.equal(
    error.message,
    'There is no rule "trifect". Did you mean "trifecta"? Known: forward-forward, backprop, trifecta.',
  )
})
