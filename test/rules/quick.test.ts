// At most 45 s: a training by every rule, of which there are 17.
// The preset `quick` of every rule, in short form: in two epochs of 1,200 drawn digits it must reach three times what
// guessing would, or lower its objective. No advice is given on it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeDataSet } from '../../src/data/index.js'
import { RULES } from '../../src/rules/registry.js'
import { compile } from '../../src/runtime/compile.node.js'
import { train } from '../../src/train/train.js'
import { collect, ofKind } from '../train/fixtures.js'

const data = makeDataSet('glyphs')

for (const rule of RULES)
  test(`${rule.id} has a preset quick, and learns by it`, async () => {
    assert.ok(rule.presets.quick, 'no preset quick')
    const options = { limit: 1500, epochs: 2, validation: 300 }
    const events = await collect(train({ rule, data, preset: 'quick', options, platform: { compile } }))
    const [first, last] = ofKind(events, 'epoch')
    const done = events.at(-1)!
    assert.ok(done.event === 'done')
    assert.deepEqual(ofKind(events, 'advice'), [])
    // Before a read-out is solved nothing is said.
    if (rule.readOut) return assert.ok(done.validation!.network!.accuracy! > 0.3, JSON.stringify(done.validation))
    const [before, after] = [first!.validation!.network!, last!.validation!.network!]
    if (rule.predict) assert.ok(after.accuracy! > 0.3, `${after.accuracy}`)
    else assert.ok(after[rule.objective!]! < before[rule.objective!]!, JSON.stringify(last))
  })
