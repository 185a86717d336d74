import assert from 'node:assert/strict'
import { test } from 'node:test'
import { argmax, concat, oneHot, reachable, scan, softmax, type Tensor } from '../../src/graph/index.js'
import { input } from '../../src/graph/tensor.js'
import { chooseTurned, turn } from '../../src/layout/turned.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { findRule } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { taskOf } from '../rules/harness.js'
import { assertTurns } from './assert-turns.js'

const [ROWS, INPUTS, OUTPUTS] = [4, 3, 5]

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed))

/** A step over a weight, a second one that is not turned, and rows of a batch. */
function stepWith(build: (weight: Tensor, x: Tensor, other: Tensor) => Tensor): StepGraph {
  const weight = input({ name: 'weight', kind: 'state', shape: [INPUTS, OUTPUTS], dtype: 'float32' })
  const other = input({ name: 'other', kind: 'state', shape: [INPUTS, OUTPUTS], dtype: 'float32' })
  const x = input({ name: 'x', kind: 'data', shape: [ROWS, INPUTS], dtype: 'float32' })
  return {
    state: [
      { name: 'weight', input: weight, output: weight.mul(0.5) },
      { name: 'other', input: other, output: other },
    ],
    batch: [{ name: 'x', input: x }],
    metrics: [{ name: 'y', output: build(weight, x, other) }],
  }
}

const CASES: Record<string, (weight: Tensor, x: Tensor, other: Tensor) => Tensor> = {
  'a product': (w, x) => x.matmul(w),
  'a product with the weight transposed': (w, x) => x.matmul(w).matmul(w, { transposeB: true }),
  'the weight as left operand': (w, x) => w.matmul(x.matmul(w), { transposeB: true }),
  'the weight as left operand, transposed': (w, x) => w.matmul(x, { transposeA: true, transposeB: true }),
  'a gradient of the weight': (w, x) => x.matmul(x.matmul(w).relu(), { transposeA: true }).mul(w),
  'an offset for each column': (w, x) => x.matmul(w).add(w.sum(0)),
  'an offset for each row': (w, x) => x.matmul(w).add(x.sum(1, true)),
  'an offset as a matrix of one row': (w, x) => x.matmul(w).sub(w.sum(0, true)),
  'a number': (w, x) => x.matmul(w).mul(3),
  'with another matrix': (w, x, other) => x.matmul(w).mul(x.matmul(other)),
  'a choice': (w, x) => x.matmul(w).greater(0).select(x.matmul(w), x.sum(1, true)),
  'a change of type': (w, x) => x.matmul(w).greater(0).cast('float32').mul(2),
  'sums over rows': (w, x) => x.matmul(w).sum(0),
  'sums over columns, kept': (w, x) => x.matmul(w).sum(1, true).mul(x.matmul(w)),
  'the largest of each row': (w, x) => x.matmul(w).max(1),
  'the sum of all': (w, x) => x.matmul(w).sum(),
  'sums over no axis': (w, x) => x.matmul(w).sum([]).square(),
  'the largest over no axis': (w, x) => x.matmul(w).max([]).square(),
  'some rows': (w, x) => x.matmul(w).slice(0, 1, 3).square(),
  'every other column': (w, x) => x.matmul(w).slice(1, 0, OUTPUTS, 2).square(),
  'put together by rows': (w, x) => concat([x.matmul(w), x.matmul(w).neg()], 0).square(),
  'put together by columns': (w, x, other) => concat([x.matmul(w), x.matmul(other)], 1).square(),
  transposed: (w, x) => x.matmul(w).transpose().matmul(x.matmul(w)),
  'axes in the order that they have': (w, x) => x.matmul(w).transpose([0, 1]).square(),
  'transposed, as it lies': (w, x) => x.transpose().matmul(x.matmul(w)),
  'a broadcast': (w, x) => x.sum(1, true).broadcastTo([ROWS, OUTPUTS]).mul(x.matmul(w)),
  'what knows no turned form': (w, x) => softmax(x.matmul(w).reshape([2, 2, OUTPUTS])),
  'rows chosen by number': (w, x) => x.matmul(w).gather(argmax(x.matmul(w))),
  'an embedding': (w, x) => oneHot(argmax(x), INPUTS).matmul(w),
  'a loop that reads it': (w, x) => scan(2, [x.matmul(w)], ([y]) => ({ carried: [y!.mul(w.sum(0))] })).carried[0]!,
  padded: (w, x) =>
    x
      .matmul(w)
      .pad([
        [1, 0],
        [0, 2],
      ])
      .square(),
}

for (const [what, build] of Object.entries(CASES))
  test(`a turned weight changes no result: ${what}`, () => {
    const step = stepWith(build)
    const state = { weight: numbers(INPUTS * OUTPUTS, 1), other: numbers(INPUTS * OUTPUTS, 2) }
    assertTurns(step, new Set(['weight']), state, { x: numbers(ROWS * INPUTS, 3) })
  })

test('turned matrices that no result reads, or that change places, come out as they should', () => {
  const matrix = (name: string): Tensor => input({ name, kind: 'state', shape: [INPUTS, OUTPUTS], dtype: 'float32' })
  const [a, b, unread] = [matrix('a'), matrix('b'), matrix('unread')]
  const step: StepGraph = {
    state: [
      { name: 'a', input: a, output: b },
      { name: 'b', input: b, output: a },
      { name: 'unread', input: unread, output: unread },
    ],
    batch: [],
    metrics: [],
  }
  const state = Object.fromEntries(['a', 'b', 'unread'].map((name, i) => [name, numbers(INPUTS * OUTPUTS, i)]))
  assertTurns(step, new Set(['a', 'b', 'unread']), state, {})
  for (const { name, input: own } of turn(step, new Set(['a', 'unread']), true).graph.state)
    assert.equal(own.node.op, 'input', name)
})

const transposes = (graph: StepGraph): number =>
  reachable([...graph.state, ...graph.metrics].map(({ output }) => output)).filter(
    ({ op, attributes }) => op === 'transpose' || (op === 'matmul' && attributes.transposeA),
  ).length

test('Forward-Forward turns its weights and their moments, and then transposes nothing', () => {
  const rule = findRule('forward-forward')
  const task = taskOf({ shape: [1, 28, 28], classes: 10, batch: 64 })
  const hyper = rule.hyper.parse({ units: [300, 200], negatives: 'uniform' })
  const { joint } = traceRule(rule, task, hyper).steps
  const names = chooseTurned([joint!])
  assert.deepEqual(
    [...names].sort(),
    [0, 1].flatMap((i) => [`layers.${i}.weight`, `optimizers.${i}.first.0`, `optimizers.${i}.second.0`]).sort(),
  )
  assert.ok(transposes(joint!) > 0)
  assert.equal(transposes(turn(joint!, names, true).graph), 0)
})

test('a weight that a step reads both ways stays as it is', () => {
  const step = stepWith((w, x) => x.matmul(w).matmul(w, { transposeB: true }).matmul(w))
  assert.deepEqual([...chooseTurned([step])], [])
})
