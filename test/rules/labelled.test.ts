// Rules whose input holds a label: what they are shown with each label, and what their blocks make of it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RULES } from '../../src/rules/registry.js'
import { OF_LABELS, traceRule } from '../../src/rules/trace.js'
import { close } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, rowsOf, taskOf } from './harness.js'

const ruleOf = (id: string) => RULES.find((rule) => rule.id === id)!

function opened(id: string, options: Readonly<Record<string, unknown>>, shape: readonly number[] = [1, 4, 4]) {
  const rule = ruleOf(id)
  const task = taskOf({ shape, batch: 2 })
  const hyper = rule.hyper.parse({ ...options, ...rule.small?.hyper })
  const traced = traceRule(rule, task, hyper)
  const graph = traced.labelled()
  assert.ok(graph, id)
  const [state, batch] = [initialState(traced), batchFor(traced.predict, task)]
  return { traced, graph, state, batch, metrics: evaluate(graph, state, batch).metrics }
}

describe('the goodness of every label', () => {
  for (const [id, options, shape] of [
    ['forward-forward', { units: [5, 6] }],
    ['forward-forward', { units: [5, 6], network: 'convolutional' }],
    ['trifecta', {}, [1, 8, 8]],
  ] as const)
    test(`of ${id} ${JSON.stringify(options)} is what it predicts by, block by block`, () => {
      const { traced, state, batch, metrics } = opened(id, options, shape)
      const said = evaluate(traced.predict, state, batch).metrics
      const blocks = Object.keys(metrics).filter((name) => name.startsWith(OF_LABELS))
      assert.ok(blocks.length > 1)
      for (const name of blocks) assert.deepEqual(metrics[name], said[`parts/${name.slice(OF_LABELS.length)}`])
      assert.deepEqual(metrics.scores, said.scores)
    })

  test('is that of a plain layer on the very images that are shown', () => {
    const { graph, state, batch, metrics } = opened('forward-forward', { units: [5, 6], goodness: 'mean' })
    const shown = rowsOf(metrics.inputs!, 2 * 3)
    assert.deepEqual(graph.metrics.find(({ name }) => name === 'inputs')!.output.shape, [2, 3, 1, 4, 4])
    const weight = [...rowsOf(state['layers.0.label']!, 3), ...rowsOf(state['layers.0.weight']!, 13)]
    for (const [i, image] of shown.entries()) {
      const [n, label] = [Math.floor(i / 3), i % 3]
      assert.deepEqual(
        image.slice(0, 3),
        [0, 1, 2].map((k) => Number(k === label)),
      )
      assert.deepEqual(image.slice(3), batch.x!.slice(n * 16 + 3, (n + 1) * 16))
      const size = Math.sqrt(image.reduce((sum, x) => sum + x * x, 0) / 16)
      const outputs = state['layers.0.bias']!.map((b, j) =>
        Math.max(
          0,
          image.reduce((sum, x, k) => sum + (x / size) * weight[k]![j]!, b),
        ),
      )
      const goodness = outputs.reduce((sum, y) => sum + y * y, 0) / outputs.length
      close([metrics[`${OF_LABELS}layer 0`]![i]!], [goodness], 1e-5)
    }
  })
})

test('a network whose head decides shows its goodness all the same, and one without goodness shows nothing', () => {
  const { metrics } = opened('forward-forward', { units: [5, 6], predict: 'softmax' })
  assert.deepEqual(
    Object.keys(metrics).filter((name) => name.startsWith(OF_LABELS)),
    ['layer 0', 'layer 1'].map((name) => OF_LABELS + name),
  )
  const rule = ruleOf('forward-forward')
  for (const options of [{ objective: 'heads' }, { negatives: 'hybrid' }])
    assert.equal(traceRule(rule, taskOf(), rule.hyper.parse({ units: [5, 6], ...options })).labelled(), undefined)
  assert.equal(
    traceRule(ruleOf('backprop'), taskOf(), ruleOf('backprop').hyper.parse({ units: [5] })).labelled(),
    undefined,
  )
})

test('a label with a channel of its own stands beside the image', () => {
  const { graph, batch, metrics } = opened('trifecta', {}, [1, 8, 8])
  assert.deepEqual(graph.metrics.find(({ name }) => name === 'inputs')!.output.shape, [2, 3, 1, 8, 16])
  const rows = rowsOf(metrics.inputs!, 2 * 3 * 8)
  for (const [i, row] of rows.entries()) {
    const [n, y] = [Math.floor(i / 24), i % 8]
    assert.deepEqual(row.slice(0, 8), batch.x!.slice(n * 64 + y * 8, n * 64 + (y + 1) * 8))
    // The sign of a label is the same beside every image.
    assert.deepEqual(row.slice(8), rows[i % 24]!.slice(8))
  }
  assert.notDeepEqual(rows[0]!.slice(8), rows[8]!.slice(8))
})
