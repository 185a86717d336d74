import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backprop } from '../../src/rules/backprop.js'
import { forwardForward } from '../../src/rules/forward-forward.js'
import { compile } from '../../src/runtime/compile.node.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, lines, ofKind } from './fixtures.js'
import { interpreter } from './oracle.js'

const data = lines()

for (const [name, platform] of Object.entries({ interpreter, cpu: { compile } })) {
  for (const rule of [forwardForward, backprop]) {
    test(`${rule.id} learns on ${name}`, async () => {
      const kept = keeper()
      const events = await collect(
        train({
          rule,
          data,
          hyper: { units: [16, 16], rate: 0.01 },
          options: { epochs: 6, batch: 10, validation: 20, seed: 1 },
          platform: { ...platform, ...kept },
        }),
      )
      for (const event of events) console.log(JSON.stringify(event))
      const [done] = ofKind(events, 'done')
      assert.ok(done!.testAccuracy > 0.8)
    })
  }
}
