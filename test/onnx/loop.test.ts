import assert from 'node:assert/strict'
import { test } from 'node:test'
import { input } from '../../src/graph/tensor.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { compile } from '../../src/runtime/compile.node.js'

const [ROWS, INPUTS, OUTPUTS] = [3, 640, 512]

/** W <- 0.9 W + x^T (x W) / 1000 and a counter: a state large enough for several steps in a turn of the loop. */
function largeStep(): StepGraph {
  const weight = input({ name: 'weight', kind: 'state', shape: [INPUTS, OUTPUTS], dtype: 'float32' })
  const count = input({ name: 'count', kind: 'state', shape: [], dtype: 'float32' })
  const x = input({ name: 'x', kind: 'data', shape: [ROWS, INPUTS], dtype: 'float32' })
  const y = x.matmul(weight)
  const next = weight.mul(0.9).add(x.matmul(y, { transposeA: true }).mul(0.001))
  return {
    state: [
      { name: 'weight', input: weight, output: next },
      { name: 'count', input: count, output: count.add(1) },
    ],
    batch: [{ name: 'x', input: x }],
    metrics: [
      { name: 'count', output: count },
      { name: 'rows', output: y.square().mean(1) },
    ],
  }
}

const values = (size: number, factor: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(factor * i))

test('steps taken together are the steps one by one, bit for bit, however many a call has', async () => {
  const program = await compile(largeStep(), { device: 'cpu' })
  const start = { weight: values(INPUTS * OUTPUTS, 0.7), count: new Float32Array(1) }
  const x = values(9 * ROWS * INPUTS, 1.3)
  const run = async (lengths: readonly number[]) => {
    await program.load(structuredClone(start))
    const rows: number[] = []
    const counts: number[] = []
    let first = 0
    for (const steps of lengths) {
      const part = x.slice(first * ROWS * INPUTS, (first + steps) * ROWS * INPUTS)
      const { metrics } = await program.run(steps, { x: part })
      rows.push(...metrics.rows!)
      counts.push(...metrics.count!)
      first += steps
    }
    return { rows, counts, weight: (await program.read()).weight }
  }
  for (let steps = 1; steps <= 9; steps++) {
    const [together, apart] = [await run([steps]), await run(Array<number>(steps).fill(1))]
    assert.deepEqual(
      together.counts,
      Array.from({ length: steps }, (_, i) => i),
    )
    assert.deepEqual(together, apart, `${steps} steps`)
  }
  await program.dispose()
})
