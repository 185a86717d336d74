import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteOnSource } from '../../src/cli/sources.js'
import { RULES } from '../../src/rules/registry.js'

test('a note stands beside the results of every rule that is filled in, and of no other', () => {
  for (const rule of RULES) {
    const [note] = noteOnSource(rule)
    assert.equal(note !== undefined, rule.reconstructed !== undefined, rule.id)
    if (note) assert.match(note, /reconstructed\): `(npx )?onward rules [a-z-]+` lists what was filled in\.$/)
  }
})
