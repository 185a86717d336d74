// What is found in the graph as the input of each block: for every rule, a row belongs to its own sample.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockInputsGraph } from '../../src/rules/block-inputs.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { evaluate, initialState, taskOf } from './harness.js'

for (const rule of RULES)
  test(`${rule.id}: what its blocks are fed has a row for each sample, made of that sample`, () => {
    const shape = rule.small?.shape ?? [1, 4, 4]
    const task = taskOf({ shape, batch: 2 })
    const small = { ...('units' in rule.hyper.parse({}) ? { units: [5, 6] } : {}), ...rule.small?.hyper }
    const parsed = rule.hyper.safeParse(small)
    const hyper = parsed.success ? parsed.data : rule.hyper.parse(rule.small?.hyper ?? {})
    const traced = traceRule(rule, task, hyper)
    const graph = blockInputsGraph(rule, traced, task, hyper)
    const state = initialState(traced)
    const size = graph.batch[0]!.input.size / task.batch
    const pixels = Array.from({ length: task.batch * size }, (_, i) => ((i * 37) % 101) / 101)
    const other = pixels.map((pixel, i) => (i < size ? 1 - pixel : pixel))
    const [a, b] = [pixels, other].map((x) => evaluate(graph, state, { x }).metrics)
    for (const { name, output } of graph.metrics) {
      const width = output.shape[1]!
      assert.equal(output.shape[0], task.batch)
      const rows = Array.from({ length: task.batch }, (_, row) =>
        a!
          [name]!.slice(row * width, (row + 1) * width)
          .some((value, i) => Math.abs(value - b![name]![row * width + i]!) > 1e-9),
      )
      // A head that starts at zero says the same of all.
      assert.deepEqual(rows, [name !== 'scores' || rows[0], false], name)
    }
  })

test('of a dense network each layer has what it is fed; of one that settles, what it settles to', () => {
  const namesOf = (id: string): string[] => {
    const rule = RULES.find((own) => own.id === id)!
    const [task, hyper] = [taskOf(), rule.hyper.parse({ units: [5, 6] })]
    return blockInputsGraph(rule, traceRule(rule, task, hyper), task, hyper).metrics.map(
      ({ name, output }) => `${name} ${output.shape[1]}`,
    )
  }
  assert.deepEqual(namesOf('backprop'), ['input 16', 'layer 1 5', 'output 6', 'scores 3'])
  assert.deepEqual(namesOf('equilibrium-propagation'), ['input 16', 'layer 1 5', 'output 6', 'scores 3'])
  // With every label: the mean.
  assert.deepEqual(namesOf('forward-forward').slice(0, 2), ['input 16', 'layer 1 5'])
})
