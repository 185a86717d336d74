import assert from 'node:assert/strict'
import test from 'node:test'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { input } from '../../src/graph/index.js'
import { openProgram } from '../../src/runtime/client.js'
import { directOutputs } from '../../src/runtime/direct-outputs.js'
import { createEngine } from '../../src/runtime/engine.js'
import type { Ort } from '../../src/runtime/slots.js'
import { splitStep } from '../../src/update/index.js'

type Run = (...args: unknown[]) => Promise<InferenceSession.ReturnType>

/** A binding that differs from the installed one in how its sessions run. */
function bindingOf(change: (run: Run, session: InferenceSession) => Run): { ort: Ort; outputs: string[][] } {
  const outputs: string[][] = []
  const ort: Ort = {
    Tensor: OrtTensor,
    InferenceSession: {
      async create(bytes, options) {
        assert.equal((options!.extra as Record<string, string>)['session.set_denormal_as_zero'], '1')
        const session = await InferenceSession.create(bytes, options)
        outputs.push([...session.outputNames])
        session.run = change(session.run.bind(session) as Run, session) as typeof session.run
        return session
      },
    },
  }
  return { ort, outputs }
}

const installed = (run: Run): Run => run

/** Says something else of an output that is no tensor. */
const reworded =
  (run: Run): Run =>
  (...args) =>
    run(...args).catch((error: Error) => {
      throw new Error(error.message.includes('tensor') ? 'lists cannot be given back' : error.message)
    })

/** Gives lists back, as if they could be copied, and all else in memory of its own. */
const copying =
  (run: Run, session: InferenceSession): Run =>
  async (feeds, fetches) => {
    const names = session.outputNames.filter((name) => name !== 'nothing')
    const results = await run(feeds, names)
    return fetches === undefined ? results : { nothing: null as never, ...results }
  }

/** Looks at the outputs before it computes anything. */
const early =
  (run: Run): Run =>
  async (...args) => {
    const fetches = args[1] as Record<string, unknown> | undefined
    if (fetches && 'nothing' in fetches) throw new Error('nothing is no tensor')
    return await run(...args)
  }

const w = input({ name: 'w', kind: 'state', shape: [512, 512], dtype: 'float32' })
const step = { state: [{ name: 'w', input: w, output: w.exp().mul(0.5) }], batch: [], metrics: [] }

const BINDINGS = { installed, reworded, copying, early }

for (const [name, { inPlace, text }] of Object.entries({
  installed: { inPlace: true, text: 'Non tensor type is temporarily not supported.' },
  reworded: { inPlace: true, text: 'lists cannot be given back' },
  copying: { inPlace: false, text: undefined },
  early: { inPlace: false, text: undefined },
}))
  test(`training works with a binding that is ${name}, ${inPlace ? 'in place' : 'as a loop'}`, async () => {
    assert.ok(splitStep(step, 1))
    const { ort, outputs } = bindingOf(BINDINGS[name as keyof typeof BINDINGS])
    assert.equal(await directOutputs(ort), text)
    const engine = createEngine(ort)
    const program = await openProgram(engine, step, { device: 'cpu' }, 1)
    await program.load({ w: new Float32Array(512 ** 2) })
    await program.run(2, {})
    const [first, second] = [Math.fround(0.5), Math.exp(0.5) / 2]
    assert.ok(first > 0)
    assert.ok((await program.read()).w!.every((value) => Math.abs(value - second) < 1e-6))
    await program.dispose()
    // The first session is the probe's, which is made once.
    assert.deepEqual(outputs.slice(1), [inPlace ? ['nothing', 'metric.given 0'] : ['out.w']])
  })
