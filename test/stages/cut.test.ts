import assert from 'node:assert/strict'
import test from 'node:test'
import { constant, grad, input, interpret, reachable, type Tensor, type Value, value } from '../../src/graph/index.js'
import { arrange, chooseTurned } from '../../src/layout/index.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { cutIntoStages } from '../../src/stages/index.js'
import { taskOf } from '../rules/harness.js'

const state = (name: string, shape: readonly number[]): Tensor =>
  input({ name, kind: 'state', shape, dtype: 'float32' })

const stepOf = (
  entries: Record<string, [Tensor, Tensor]>,
  batch: Record<string, Tensor>,
  metrics: Record<string, Tensor> = {},
): StepGraph => ({
  state: Object.entries(entries).map(([name, [from, to]]) => ({ name, input: from, output: to })),
  batch: Object.entries(batch).map(([name, own]) => ({ name, input: own })),
  metrics: Object.entries(metrics).map(([name, output]) => ({ name, output })),
})

type Numbers = Record<string, Value>

const drawn = (x: Tensor, seed: number): Value =>
  value(
    x,
    Float32Array.from({ length: x.size }, (_, i) =>
      x.dtype === 'float32' ? Math.sin(i * 0.7 + seed) : (i + seed) % 2,
    ),
  )

/** One step on the interpreter, from values by name to the next state and the metrics. */
function run(graph: StepGraph, given: Numbers): { state: Numbers; metrics: Numbers } {
  const bindings = new Map([...graph.state, ...graph.batch].map(({ name, input: x }) => [x, given[name]!]))
  const results = interpret(
    [...graph.state, ...graph.metrics].map(({ output }) => output),
    bindings,
  )
  const named = (list: readonly { name: string }[], from: number): Numbers =>
    Object.fromEntries(list.map(({ name }, i) => [name, results[from + i]!]))
  return { state: named(graph.state, 0), metrics: named(graph.metrics, graph.state.length) }
}

/** Two steps of the whole, and of its stages one after the other, are the same numbers. */
function assertSame(graph: StepGraph, count: number): void {
  const { graphs, wires } = cutIntoStages(graph, count)!
  assert.equal(graphs.length, count)
  for (const { from, to } of wires) assert.ok(from < to)
  for (const own of graphs) {
    const given = new Set([...own.state, ...own.batch].map(({ input: x }) => x.node))
    const read = reachable([...own.state, ...own.metrics].map(({ output }) => output)).filter(
      ({ op }) => op === 'input',
    )
    assert.ok(read.every((node) => given.has(node)))
  }
  const names = graphs.flatMap((own) =>
    own.state.filter(({ input: x, output }) => x !== output).map(({ name }) => name),
  )
  assert.equal(new Set(names).size, names.length)
  let whole = Object.fromEntries(graph.state.map(({ name, input: x }, i) => [name, drawn(x, i)]))
  let cut = whole
  for (const seed of [100, 200]) {
    const batch = Object.fromEntries(graph.batch.map(({ name, input: x }, i) => [name, drawn(x, seed + i)]))
    const expected = run(graph, { ...whole, ...batch })
    const before = cut
    const passed: Numbers = {}
    for (const stage of graphs) {
      const own = run(stage, { ...before, ...batch, ...passed })
      cut = { ...cut, ...own.state }
      Object.assign(passed, own.metrics)
    }
    whole = expected.state
    assert.deepEqual(cut, whole)
    for (const [name, metric] of Object.entries(expected.metrics)) assert.deepEqual(passed[name], metric, name)
  }
}

/** Layers that each learn to make their output large, on rows that the layer below puts out. */
function localStep(sizes: readonly number[], rows = 3): StepGraph {
  const x = input({ name: 'x', kind: 'data', shape: [rows, sizes[0]!], dtype: 'float32' })
  const count = state('count', [])
  const entries: Record<string, [Tensor, Tensor]> = { count: [count, count.add(1)] }
  const metrics: Record<string, Tensor> = {}
  let h = x
  for (const [i, size] of sizes.slice(1).entries()) {
    const w = state(`w${i}`, [sizes[i]!, size])
    const y = h.stopGradient().matmul(w).tanh()
    const loss = y.square().sum()
    entries[`w${i}`] = [w, w.add(grad(loss, [w])[0]!.div(count.add(1)))]
    metrics[`loss${i}`] = loss
    h = y
  }
  return stepOf(entries, { x }, metrics)
}

test('the stages of a local step are the step', () => {
  assertSame(localStep([6, 5, 5]), 2)
  assertSame(localStep([5, 5, 5, 5]), 3)
  assertSame(localStep([5, 5, 5, 5, 5]), 2)
})

test('state may be handed on, averaged, or renewed from nothing but constants and the batch', () => {
  const step = localStep([5, 5, 5], 40)
  const [w0, w1] = ['w0', 'w1'].map((name) => step.state.find((entry) => entry.name === name)!)
  const x = step.batch[0]!.input
  const names = ['ema', 'old', 'fixed', 'last', 'twice', 'frozen']
  const [ema, old, fixed, last, twice, frozen] = names.map((name) =>
    state(name, name === 'last' ? x.shape.slice() : [5, 5]),
  )
  const more = stepOf(
    {
      // Of the weights of the second stage, of those of the first as they were, of nothing, of the batch.
      ema: [ema!, ema!.add(w1!.output)],
      old: [old!, w0!.input],
      fixed: [fixed!, constant(2).broadcastTo([5, 5])],
      last: [last!, x],
      // Read by the second stage, renewed in the first without being read there.
      twice: [twice!, w0!.output.mul(2)],
      frozen: [frozen!, frozen!],
    },
    {},
    {
      all: w1!.output.mul(twice!).add(fixed!).add(old!).add(frozen!).sum().add(last!.sum()),
      before: w0!.input,
    },
  )
  const both = {
    state: [...step.state, ...more.state],
    batch: step.batch,
    metrics: [...step.metrics, ...more.metrics],
  }
  assertSame(both, 2)
})

test('the second stage may read what the first one made a step before', () => {
  const x = input({ name: 'x', kind: 'data', shape: [6, 5], dtype: 'float32' })
  const [last, w0, w1] = [state('last', [6, 5]), state('w0', [5, 5]), state('w1', [5, 5])]
  const now = x.mul(2)
  const y0 = now.matmul(w0)
  const y1 = y0.add(last).matmul(w1)
  const next = (w: Tensor, y: Tensor): [Tensor, Tensor] => [w, w.add(grad(y.square().sum(), [w])[0]!)]
  assertSame(stepOf({ last: [last, now], w0: next(w0, y0), w1: next(w1, y1) }, { x }), 2)
})

test('what was handed on twice lies where it was made, in whatever order the state is given', () => {
  const x = input({ name: 'x', kind: 'data', shape: [6, 5], dtype: 'float32' })
  const [last, older, w0, w1] = [
    state('last', [6, 5]),
    state('older', [6, 5]),
    state('w0', [5, 5]),
    state('w1', [5, 5]),
  ]
  const now = x.mul(2)
  const y0 = now.matmul(w0)
  const y1 = y0.add(older).matmul(w1)
  const next = (w: Tensor, y: Tensor): [Tensor, Tensor] => [w, w.add(grad(y.square().sum(), [w])[0]!)]
  const layers = { w0: next(w0, y0), w1: next(w1, y1) }
  assertSame(stepOf({ last: [last, now], older: [older, last], ...layers }, { x }), 2)
  assertSame(stepOf({ older: [older, last], last: [last, now], ...layers }, { x }), 2)
})

test('names that a step has are not those of what its stages pass on', () => {
  const step = localStep([6, 5, 5])
  assertSame({ ...step, metrics: [...step.metrics, { name: 'wire 0', output: constant(1) }] }, 2)
})

test('no stage is idle, or has much more than its share', () => {
  assert.equal(cutIntoStages(localStep([6, 5]), 2), undefined)
  assert.equal(cutIntoStages(localStep([60, 5, 5]), 2), undefined)
  assert.equal(cutIntoStages(localStep([5, 5, 5]), 3), undefined)
})

test('Forward-Forward can be cut, turned or not; what sends anything down cannot', () => {
  const task = taskOf({ batch: 2 })
  const stepOfRule = (id: string, options: Record<string, unknown>): StepGraph => {
    const rule = RULES.find((own) => own.id === id)!
    return traceRule(rule, task, rule.hyper.parse(options)).steps.joint!
  }
  const local = stepOfRule('forward-forward', { units: [16, 16], negatives: 'uniform' })
  assertSame(local, 2)
  assertSame(arrange(local, chooseTurned([local])), 2)
  const uses = { units: [16, 16] }
  assert.equal(cutIntoStages(stepOfRule('backprop', uses), 2), undefined)
  // Hard negatives come from a head above all layers, and are what the first layer learns from.
  assert.equal(cutIntoStages(stepOfRule('forward-forward', { ...uses, negatives: 'hard' }), 2), undefined)
})
