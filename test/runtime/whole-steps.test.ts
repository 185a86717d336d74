// Whole steps of every rule with one thread and with two. The operations alone are compared by `sameBits`; what the engine
// makes of them together, in a loop and in place, is compared here.
import assert from 'node:assert/strict'
import test from 'node:test'
import ort from 'onnxruntime-node'
import { lowerStep, type StepGraph } from '../../src/onnx/program.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { openProgram } from '../../src/runtime/client.js'
import { createEngine } from '../../src/runtime/engine.js'
import type { TensorRecord } from '../../src/runtime/program.js'
import { comparison, sameBits } from '../../src/runtime/same-bits.js'
import type { Ort } from '../../src/runtime/slots.js'
import { initialNoise, stepNoise } from '../../src/train/noise.js'
import { taskOf } from '../rules/harness.js'
import { numbers } from './network.js'

const binding = ort as unknown as Ort
const engine = createEngine(binding)

const STEPS = 2

/** What some steps read, or, of a start that depends on data, what one reads. */
function batchOf({ batch }: StepGraph, steps = STEPS): TensorRecord {
  const given = batch.flatMap(({ name, input: { node, size, dtype } }): [string, TensorRecord[string]][] => {
    const count = steps * size
    if (node.attributes.kind === 'noise') return []
    if (dtype === 'int32') return [[name, Int32Array.from({ length: count }, (_, i) => (7 * i) % 10)]]
    if (node.attributes.kind === 'schedule') return [[name, new Float32Array(count).fill(0.5)]]
    return [[name, numbers(count, 3).map(Math.abs)]]
  })
  return { ...Object.fromEntries(given), ...stepNoise(batch, 0, 0, steps) }
}

async function run(step: StepGraph, state: TensorRecord, threads: number) {
  const program = await openProgram(engine, step, { device: 'cpu' }, threads)
  await program.load(Object.fromEntries(step.state.map(({ name }) => [name, state[name]!])))
  const { metrics } = await program.run(STEPS, batchOf(step))
  const result = { metrics, state: await program.read() }
  await program.dispose()
  return result
}

for (const rule of RULES)
  test(`${rule.id}: where the bits of its operations are the same with two threads, those of its steps are`, async () => {
    const { hyper } = rule.presets.quick ?? { hyper: {} }
    const task = taskOf({ shape: [1, 28, 28], classes: 10, batch: 50 })
    const traced = traceRule(rule, task, rule.hyper.parse(hyper))
    const init = await openProgram(engine, traced.init, { device: 'cpu' }, 1)
    const state = (await init.run(1, { ...batchOf(traced.init, 1), ...initialNoise(traced.init.batch, 0) })).metrics
    await init.dispose()
    for (const [name, step] of Object.entries(traced.steps)) {
      const program = lowerStep(comparison(step)!, 'cpu', { block: await engine.block() })
      const [one, two] = [await run(step, state, 1), await run(step, state, 2)]
      if (await sameBits(binding, program, [1, 2])) assert.deepEqual(two, one, name)
    }
  })
