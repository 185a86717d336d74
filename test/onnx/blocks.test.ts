import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { inPieces } from '../../src/onnx/blocks.js'
import { lowerLoop, type OnnxProgram } from '../../src/onnx/index.js'
import { backprop } from '../../src/rules/backprop.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward.js'
import { type TracedStep, traceRule } from '../../src/rules/trace.js'

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

async function run({ bytes, state, batch }: OnnxProgram): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const feeds: Record<string, OrtTensor> = { steps: new OrtTensor('int64', BigInt64Array.of(BigInt(STEPS)), []) }
  for (const [i, { name, shape }] of state.entries()) {
    const isWeight = name.endsWith('weight')
    const values = numbers(size(shape), i).map((x) => (isWeight ? x / 10 : 0))
    feeds[name] = new OrtTensor('float32', values, shape)
  }
  for (const [i, { name, shape, dtype }] of batch.entries()) {
    const values = numbers(STEPS * size(shape), 99 + i).map((x) => x + 0.5)
    const data = dtype === 'int32' ? Int32Array.from(values, (x) => Math.floor(10 * x)) : values
    feeds[name] = new OrtTensor(dtype, data, [STEPS, ...shape])
  }
  const results = await session.run(feeds)
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]))
}

const step = (rule: AnyRule, bits: 8 | 32): TracedStep => {
  const precision = bits === 8 ? ({ bits, levels: 63 } as const) : { bits }
  const task = { shape: [1, 28, 28], classes: 10, batch: 6, precision } as const
  return traceRule(rule, task, rule.hyper.parse({ units: [1400, 900], optimizer: 'sgd' })).steps.joint!
}

for (const rule of [forwardForward, backprop] as AnyRule[])
  test(`${rule.id}: a step over pieces of large matrices is the step over whole ones`, async () => {
    const graph = step(rule, 32)
    const { cuts } = inPieces(graph)
    // Both weights and their velocities. Adam would blow the rounding of a gradient near zero up to a whole step.
    assert.equal(cuts.length, 4)
    for (const { pieces } of cuts) assert.ok(pieces.length > 1)
    // Only the CPU's program is cut; that of WebAssembly runs here just as well.
    const [pieces, whole] = [await run(lowerLoop(graph, 'cpu')), await run(lowerLoop(graph, 'wasm'))]
    assert.deepEqual(Object.keys(pieces).sort(), Object.keys(whole).sort())
    for (const [name, values] of Object.entries(whole))
      for (const [i, value] of values.entries())
        if (!(Math.abs(pieces[name]![i]! - value) <= 2e-5 * Math.max(1, Math.abs(value))))
          assert.fail(`${name}[${i}]: ${pieces[name]![i]} in pieces, ${value} whole`)
  })

test('matrices that are read rounded to 8 bits stay whole', () => {
  assert.deepEqual(inPieces(step(forwardForward, 8)).cuts, [])
})
