import assert from 'node:assert/strict'
import { test } from 'node:test'
import ort from 'onnxruntime-node'
import { lowerLoop, type StepGraph } from '../../src/onnx/index.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { traceRule } from '../../src/rules/trace.js'
import { compile } from '../../src/runtime/compile.node.js'
import { createEngine } from '../../src/runtime/engine.js'
import type { Program, TensorRecord } from '../../src/runtime/program.js'
import type { Ort } from '../../src/runtime/slots.js'
import { initialNoise, stepNoise } from '../../src/train/noise.js'
import { splitStep } from '../../src/update/index.js'
import { taskOf } from '../rules/harness.js'

const BATCH = 100

/** In one thread, so that denormal numbers are flushed in all of them or in none. */
const here = { device: 'cpu', worker: false } as const

/** The step as a loop with one thread, which would renew its state in place by itself. */
async function looped(step: StepGraph): Promise<Pick<Program, 'load' | 'run' | 'read' | 'dispose'>> {
  const engine = createEngine(ort as unknown as Ort)
  await engine.open({ id: 0, device: 'cpu', threads: 1, program: lowerLoop(step, 'cpu') })
  return {
    load: (given) => engine.load(0, given),
    run: (steps, batch) => engine.run(0, steps, batch),
    read: () => engine.read(0),
    dispose: () => engine.close(0),
  }
}
const STEPS = 11

for (const precision of [{ bits: 32 }, { bits: 8, levels: 63 }] as const)
  test(`a step of Forward-Forward in ${precision.bits} bits is the same bits, however many a call has, in place and in a loop`, async () => {
    const task = taskOf({ shape: [1, 28, 28], classes: 10, batch: BATCH, precision })
    const traced = traceRule(forwardForward, task, forwardForward.hyper.parse({ units: [300, 300] }))
    const init = await compile(traced.init, here)
    const { metrics: start } = await init.run(1, initialNoise(traced.init.batch, 0))
    const step = traced.steps.joint!
    const batch = (from: number, steps: number): TensorRecord => ({
      x: Float32Array.from({ length: steps * BATCH * 784 }, (_, i) => Math.max(0, Math.sin(i + from * 12.9898))),
      target: Int32Array.from({ length: steps * BATCH }, (_, i) => i % 10),
      progress: new Float32Array(steps),
      ...stepNoise(step.batch, 0, from, steps),
    })
    assert.ok(splitStep(step, 1) && !splitStep(step, 2))
    const run = async (
      program: Pick<Program, 'load' | 'run' | 'read'>,
      lengths: readonly number[],
    ): Promise<TensorRecord> => {
      await program.load(structuredClone(start))
      let from = 0
      for (const steps of lengths) {
        const one = Array.from({ length: steps }, (_, i) => batch(from + i, 1))
        const joined = Object.keys(one[0]!).map((name): [string, TensorRecord[string]] => {
          const parts = one.map((record) => record[name]!)
          const all = new (parts[0]!.constructor as Float32ArrayConstructor)(steps * parts[0]!.length)
          for (const [i, part] of parts.entries()) all.set(part, i * part.length)
          return [name, all]
        })
        await program.run(steps, Object.fromEntries(joined))
        from += steps
      }
      return program.read()
    }
    for (const threads of [1, 2]) {
      const program = await compile(step, { ...here, threads })
      const whole = await run(program, [STEPS])
      for (const lengths of [Array<number>(STEPS).fill(1), [9, 2], [3, 8]])
        assert.deepEqual(await run(program, lengths), whole, `${threads} threads, calls of ${lengths}`)
      await program.dispose()
      if (threads > 1) continue
      const loop = await looped(step)
      assert.deepEqual(await run(loop, [STEPS]), whole)
      await loop.dispose()
    }
    await init.dispose()
  })
