// At most 120 s: one short training by every rule.
// The commands on glyphs of the rules' pages run, and say what came of them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pageOf } from '../../bench/rule-pages.js'
import { RULES } from '../../src/rules/registry.js'
import { onward, workFolder } from '../cli/onward.js'

for (const rule of RULES)
  test(`the command on glyphs of the page of ${rule.id}`, async () => {
    const commands = [...readFileSync(pageOf(rule), 'utf8').matchAll(/^npx onward (train .+ --data glyphs .+)$/gm)]
    assert.ok(commands.length > 0)
    for (const [, words] of commands) {
      const { code, stdout, stderr } = await onward(workFolder(), ...words!.trim().split(/\s+/))
      assert.equal(code, 0, stderr)
      assert.match(stdout, new RegExp(`^${rule.id} on glyphs: .*on the test samples|of the test samples right`, 'm'))
    }
  })
