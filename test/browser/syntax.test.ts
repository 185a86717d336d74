import assert from 'node:assert/strict'
import test from 'node:test'
import { Script } from 'node:vm'
import { asScript, lineOf } from '../../src/browser/syntax.js'

const RULE = `import { a } from 'onward/graph'
import * as nn from "onward/nn"; import {
  b,
  c,
} from 'onward/rules'

export const d = { from: 'x' }
export default defineRule({
  id: 'x',
})
`

test('a module is a script that does nothing, line for line', () => {
  const script = asScript(RULE)
  assert.equal(script.split('\n').length, RULE.split('\n').length + 1)
  assert.equal(typeof new Script(script).runInThisContext(), 'function')
  for (const [i, line] of RULE.split('\n').entries())
    if (line.startsWith('  id')) assert.ok(script.split('\n')[i]!.includes(line))
  assert.throws(() => new Script(asScript(RULE.replace("id: 'x'", "id: 'x"))), /Invalid or unexpected token/)
  assert.equal(lineOf(RULE, RULE.indexOf('defineRule')), ':8')
})
