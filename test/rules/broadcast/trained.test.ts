// Networks that have learned a little.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeDataSet } from '../../../src/data/index.js'
import { broadcast } from '../../../src/rules/broadcast/broadcast.js'
import type { BroadcastHyper } from '../../../src/rules/broadcast/options.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { compile } from '../../../src/runtime/compile.node.js'
import { train } from '../../../src/train/train.js'
import { collect, ofKind } from '../../train/fixtures.js'

const data = makeDataSet('glyphs')

const trained = async (hyper: Partial<BroadcastHyper>) => {
  const options = { limit: 1500, epochs: 4, batch: 25, validation: 300 }
  const rule = broadcast as AnyRule
  const events = await collect(
    train({ rule, data, hyper: { units: [100, 100], ...hyper }, options, platform: { compile } }),
  )
  return { start: ofKind(events, 'start')[0]!, epochs: ofKind(events, 'epoch') }
}

for (const method of ['sbd', 'ebd'] as const)
  test(`${method}: what is broadcast and the activities lose their correlation as the network learns`, async () => {
    const { start, epochs } = await trained({ method, rate: 0.003, outputRate: 0.003 })
    assert.equal(start.warnings, undefined)
    assert.ok(epochs.at(-1)!.validation!.network!.accuracy! > 0.3, JSON.stringify(epochs.at(-1)!.validation))
    for (const layer of ['layer 0', 'layer 1']) {
      const course = epochs.map(({ metrics }) => metrics.blocks![layer]!.correlation!)
      assert.ok(course.at(-1)! < 0.9 * course[0]!, `${layer}: ${course}`)
    }
  })

test('what the rule warns of is in the first event', async () => {
  const { start } = await trained({ memory: 0.9 })
  assert.match(start.warnings!.join(), /chase single batches/)
})
