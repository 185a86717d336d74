// The memory of backpropagation is told beside a rule where both have the same layers, and nowhere else.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backpropActivationBytes } from '../../src/cli/train/yardstick.js'
import { loadData } from '../../src/node.js'
import { RULES } from '../../src/rules/registry.js'
import { resolve } from '../../src/train/options.js'

test('the yardstick of memory has the layers of the rule', async () => {
  const data = await loadData('glyphs')
  const told = (id: string): number | undefined => {
    const rule = RULES.find((known) => known.id === id)!
    return backpropActivationBytes({ rule: id, ...resolve(rule, data, {}) }, data)
  }
  assert.ok(told('forward-forward')! > 2 ** 20)
  for (const id of ['backprop', 'covariance-goodness', 'nice']) assert.equal(told(id), undefined, id)
})
