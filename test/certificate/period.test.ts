// A training compiles a period of the schedule as one program: its certificate is that of the steps one by one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { certifyPrograms } from '../../src/rules/certify.js'
import { taskFor } from '../../src/rules/task.js'
import { traceRule } from '../../src/rules/trace.js'
import { trifecta } from '../../src/rules/trifecta/trifecta.js'

const target = { kind: 'class', count: 10 } as const

for (const [shape, preset] of [
  [[1, 8, 8], 'quick'],
  [[1, 8, 8], 'mnist'],
  [[3, 8, 8], 'cifar-10'],
] as const)
  test(`a period of two batches of trifecta, ${preset}, spans two blocks and reads nothing from above, as its steps do`, () => {
    const task = taskFor({ input: { shape, levels: 256 }, target }, { batch: 4 })
    const hyper = trifecta.hyper.parse({ ...trifecta.presets[preset]!.hyper, width: 0.03 })
    const traced = traceRule(trifecta, task, hyper)
    const certified = (lists: readonly (readonly string[])[]) =>
      certifyPrograms(trifecta, traced, task, hyper, [[traced.turn('period', lists)]])
    const steps = certifyPrograms(trifecta, traced, task, hyper, [Object.values(traced.steps)])
    assert.deepEqual(certified([['even'], ['odd']]), steps)
    assert.deepEqual(certified([['odd'], ['even']]), steps)
    for (const { window, reads } of steps.layers) {
      assert.ok(window <= 2)
      assert.deepEqual(reads, { labels: 'input' })
    }
  })
