import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { input } from '../../src/graph/tensor.js'
import { arrange, chooseTurned } from '../../src/layout/index.js'
import type { Precision } from '../../src/nn/dense.js'
import { lowerLoop, type OnnxProgram, type StepGraph } from '../../src/onnx/index.js'
import { backprop } from '../../src/rules/backprop.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { type TracedStep, traceRule } from '../../src/rules/trace.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { TensorData, TensorRecord } from '../../src/runtime/program.js'

const STEPS = 3

/** Some numbers in [-0.5, 0.5), the same in every run. */
function numbers(count: number, seed: number): Float32Array {
  let word = seed
  return Float32Array.from({ length: count }, () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0
    return word / 2 ** 32 - 0.5
  })
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** The same numbers by name for both sides: weights of a tenth, all other state zero; a batch of STEPS steps. */
function numbersFor({ state, batch }: OnnxProgram): { state: TensorRecord; batch: TensorRecord } {
  const weights = state.map(({ name, shape }, i): [string, TensorData] => {
    const isWeight = name.endsWith('weight')
    return [name, numbers(size(shape), i).map((x) => (isWeight ? x / 10 : 0))]
  })
  const inputs = batch.map(({ name, shape, dtype }, i): [string, TensorData] => {
    const values = numbers(STEPS * size(shape), 99 + i).map((x) => x + 0.5)
    return [name, dtype === 'int32' ? Int32Array.from(values, (x) => Math.floor(10 * x)) : values]
  })
  return { state: Object.fromEntries(weights), batch: Object.fromEntries(inputs) }
}

/** The model over whole matrices, in ONNX Runtime as it is. */
async function runWhole(onnx: OnnxProgram, given: ReturnType<typeof numbersFor>): Promise<TensorRecord> {
  const session = await InferenceSession.create(onnx.bytes, { logSeverityLevel: 3 })
  const feeds: Record<string, OrtTensor> = { steps: new OrtTensor('int64', BigInt64Array.of(BigInt(STEPS)), []) }
  for (const { name, shape } of onnx.state)
    feeds[name] = new OrtTensor('float32', given.state[name] as Float32Array, shape)
  for (const { name, shape, dtype } of onnx.batch)
    feeds[name] = new OrtTensor(dtype, given.batch[name] as Float32Array, [STEPS, ...shape])
  const results = await session.run(feeds)
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]))
}

async function runInPieces(graph: StepGraph, given: ReturnType<typeof numbersFor>): Promise<TensorRecord> {
  const program = await compile(graph, { device: 'cpu' })
  await program.load(structuredClone(given.state))
  const { metrics } = await program.run(STEPS, structuredClone(given.batch))
  const state = await program.read()
  await program.dispose()
  return Object.fromEntries([
    ...Object.entries(state).map(([name, data]) => [`out.${name}`, data]),
    ...Object.entries(metrics).map(([name, data]) => [`metric.${name}`, data]),
  ])
}

const step = (rule: AnyRule, precision: Precision = { bits: 32 }): TracedStep => {
  const task = { shape: [1, 28, 28], classes: 10, batch: 6, precision } as const
  return traceRule(rule, task, rule.hyper.parse({ units: [1400, 900], optimizer: 'sgd' })).steps.joint!
}

for (const [rule, precision] of [
  [forwardForward, { bits: 32 }],
  [forwardForward, { bits: 8, levels: 63 }],
  [backprop, { bits: 32 }],
  [backprop, { bits: 8, levels: 63 }],
] as [AnyRule, Precision][])
  test(`${rule.id}, ${precision.bits} bits: a step over pieces of large matrices is the step over whole ones`, async () => {
    const graph = step(rule, precision)
    const { held } = arrange(graph, chooseTurned([graph]))
    // Both weights and their velocities. Adam would blow the rounding of a gradient near zero up to a whole step.
    assert.equal(held.filter(({ pieces }) => pieces.length > 1).length, 4)
    const onnx = lowerLoop(graph, 'cpu', true)
    const given = numbersFor(onnx)
    const [pieces, whole] = [await runInPieces(graph, given), await runWhole(onnx, given)]
    for (const [name, values] of Object.entries(whole)) {
      // A rounding may turn a comparison of two that are nearly equal: those are only counted.
      if (name.startsWith('sum.') || name.endsWith('separation')) continue
      assert.equal(pieces[name]?.length, values.length, name)
      for (const [i, value] of values.entries())
        if (!(Math.abs(pieces[name]![i]! - value) <= 2e-5 * Math.max(1, Math.abs(value))))
          assert.fail(`${name}[${i}]: ${pieces[name]![i]} in pieces, ${value} whole`)
    }
  })

for (const rule of [backprop, forwardForward] as AnyRule[])
  test(`${rule.id}: a state that is loaded turned and in pieces is read back as it was, in its order`, async () => {
    const graph = step(rule)
    const { state } = numbersFor(lowerLoop(graph, 'cpu', true))
    const program = await compile(graph, { device: 'cpu' })
    await program.load(structuredClone(state))
    const back = await program.read()
    assert.deepEqual(Object.keys(back), Object.keys(state))
    for (const [name, data] of Object.entries(state))
      assert.equal(
        data.findIndex((x, i) => x !== back[name]![i]),
        -1,
        `${name} differs from there on`,
      )
    await program.dispose()
  })

test('a program shares a state that lies turned, and one that lies as it was traced', async () => {
  const graph = step(forwardForward)
  const { state } = numbersFor(lowerLoop(graph, 'cpu', true))
  const weight = graph.state.find(({ name }) => name === 'layers.0.weight')!
  const reading: StepGraph = {
    state: [{ ...weight, output: weight.input }],
    batch: [],
    metrics: [{ name: 'columns', output: weight.input.sum(0) }],
  }
  const sums: number[][] = []
  for (const stateFor of [[graph], [reading]]) {
    const owner = await compile(graph, { device: 'cpu', stateFor })
    await owner.load(structuredClone(state))
    const reader = await compile(reading, { device: 'cpu', stateOf: owner })
    sums.push(Array.from((await reader.run(1, {})).metrics.columns!))
    await reader.dispose()
    await owner.dispose()
  }
  assert.ok(sums[0]!.some((x) => x !== 0))
  for (const [i, x] of sums[0]!.entries()) assert.ok(Math.abs(x - sums[1]![i]!) < 1e-5)
})

test('a matrix with few rows is cut into few pieces', () => {
  for (const [rows, columns, pieces] of [
    [784, 2000, 8],
    [64, 20_000, 10],
    [1, 2 ** 21, 16],
  ] as const) {
    const weight = input({ name: 'weight', kind: 'state', shape: [rows, columns], dtype: 'float32' })
    const step = { state: [{ name: 'weight', input: weight, output: weight.mul(2) }], batch: [], metrics: [] }
    const [held] = arrange(step, new Set()).held
    assert.equal(held!.pieces.length, pieces, `${rows} x ${columns}`)
    assert.equal(
      held!.pieces.reduce((sum, piece) => sum + piece.columns, 0),
      columns,
    )
  }
})
