import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, input, reachable } from '../../src/graph/index.js'
import type { AnyRule, Locality } from '../../src/rules/contract.js'
import { RULES, ruleById } from '../../src/rules/registry.js'
import { taskFor } from '../../src/rules/task.js'
import { traceRule } from '../../src/rules/trace.js'
import { compile } from '../../src/runtime/compile.node.js'
import { openActivities } from '../../src/train/activities.js'
import { activityGraph } from '../../src/train/activity-graph.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, lines } from './fixtures.js'

function activitiesOf(rule: AnyRule) {
  const units = rule.hyper.safeParse({ units: [6, 5] }).success ? { units: [6, 5] } : {}
  const hyper = rule.hyper.parse({ ...units, ...rule.small?.hyper })
  const kind = (rule.targets ?? ['class'])[0]!
  const target = kind === 'none' ? { kind } : ({ kind: 'class', count: 3 } as const)
  const task = taskFor({ input: { shape: rule.small?.shape ?? [1, 8, 8], levels: 256 }, target }, { batch: 1 })
  const { blocks }: Locality = rule.locality(task, hyper)
  const traced = traceRule(rule, task, hyper)
  return { blocks, predict: traced.predict, graph: traced.activities ?? activityGraph(traced.predict, blocks) }
}

describe('activities', () => {
  for (const rule of RULES)
    test(`every block of ${rule.id} that says something of samples hands something up`, () => {
      const { blocks, predict, graph } = activitiesOf(rule)
      const read = new Set(reachable(predict.metrics.map(({ output }) => output)))
      const used = predict.state.filter(({ input }) => read.has(input.node)).map(({ name }) => name)
      const reading = blocks.filter(({ parameters }) =>
        parameters.some((own) => {
          const path = typeof own === 'string' ? own : own.path
          return used.some((name) => name === path || name.startsWith(`${path}.`))
        }),
      )
      assert.deepEqual(
        graph.metrics.map(({ name }) => name),
        reading.map(({ name }) => name),
      )
      for (const { name, output } of graph.metrics) assert.ok(output.size > 1, `${name} is no single number`)
    })

  test('what is computed from targets is none', () => {
    const w = input({ name: 'w', kind: 'state', shape: [4, 3], dtype: 'float32' })
    const x = input({ name: 'x', kind: 'data', shape: [1, 4], dtype: 'float32' })
    const target = input({ name: 'target', kind: 'labels', shape: [1, 50], dtype: 'float32' })
    const said = x.matmul(w)
    const figure = concat([said, target], 1).square()
    const state = [{ name: 'w', input: w, output: w }]
    const batch = [
      { name: 'x', input: x },
      { name: 'target', input: target },
    ]
    const metrics = [
      { name: 'scores', output: said },
      { name: 'figures/error', output: figure.sum(1) },
    ]
    const graph = activityGraph({ state, batch, metrics }, [{ name: 'a', parameters: ['w'] }])
    assert.deepEqual(
      graph.metrics.map(({ name, output }) => [name, output]),
      [['a', said]],
    )
    assert.deepEqual(
      graph.batch.map(({ name }) => name),
      ['x'],
    )
  })

  test('of dense layers they are what the layers compute', async () => {
    const { saved: _, ...kept } = keeper()
    const data = lines()
    const rule = ruleById('backprop')
    const options = { epochs: 1, batch: 10, threads: 1 }
    const platform = { compile, saveCheckpoint: kept.saveCheckpoint }
    await collect(train({ rule, data, hyper: { units: [7, 4] }, options, platform }))
    const checkpoint = kept.last()
    const activities = await openActivities(rule, checkpoint, platform, 'this run')
    const inputs = [data.test.inputs.slice(0, 25), data.test.inputs.slice(25, 50)]
    const got = await activities.of(inputs)
    await activities.close()
    const tensor = (name: string): ArrayLike<number> => checkpoint.state.find((own) => own.name === name)!.data
    const sizes = [25, 7, 4, 3]
    const wanted = sizes.slice(1).map(() => [] as number[])
    for (const input of inputs) {
      let below = Array.from(input, (level) => level / 4)
      for (const [l, units] of sizes.slice(1).entries()) {
        const [weight, bias] = [tensor(`layers.${l}.weight`), tensor(`layers.${l}.bias`)]
        const sums = Array.from({ length: units }, (_, j) =>
          below.reduce((sum, x, i) => sum + x * weight[i * units + j]!, bias[j]!),
        )
        below = l === 2 ? sums : sums.map((sum) => Math.max(0, sum))
        wanted[l]!.push(...below)
      }
    }
    assert.deepEqual(
      got.map(({ block, views, shape }) => [block, views, shape]),
      [
        ['layer 0', 1, [7]],
        ['layer 1', 1, [4]],
        ['output', 1, [3]],
      ],
    )
    for (const [l, { values }] of got.entries()) {
      assert.equal(values.length, wanted[l]!.length)
      for (const [i, value] of values.entries()) assert.ok(Math.abs(value - wanted[l]![i]!) < 1e-5, `${l} ${i}`)
    }
  })
})
