import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import test from 'node:test'
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { input, type Tensor } from '../../src/graph/index.js'
import type { StepGraph } from '../../src/onnx/program.js'
import { openProgram } from '../../src/runtime/client.js'
import { compile } from '../../src/runtime/compile.node.js'
import { createEngine } from '../../src/runtime/engine.js'
import { lowerInPlace, lowerWhole } from '../../src/runtime/lowered.js'
import type { TensorRecord } from '../../src/runtime/program.js'
import type { Engine } from '../../src/runtime/protocol.js'
import type { Ort } from '../../src/runtime/slots.js'
import { splitStep } from '../../src/update/index.js'
import { numbers } from './network.js'

const ROWS = 512
const SIZE = ROWS ** 2

const state = (name: string, shape: readonly number[] = [ROWS, ROWS]): Tensor =>
  input({ name, kind: 'state', shape, dtype: 'float32' })

const stepOf = (entries: Record<string, [Tensor, Tensor]>): StepGraph => ({
  state: Object.entries(entries).map(([name, [from, to]]) => ({ name, input: from, output: to })),
  batch: [],
  metrics: [],
})

const cpu = { device: 'cpu', threads: 1 } as const

const filled = (value: number, size = SIZE): Float32Array => new Float32Array(size).fill(value)

/** An engine in this thread; what its sessions say can be changed. */
function engineOf(create: Ort['InferenceSession']['create']): Engine {
  const ort: Ort = { Tensor: OrtTensor, InferenceSession: { create } }
  return createEngine(ort)
}

test('small state that was loaded from one array has memory of its own', async () => {
  const [w, a, b] = [state('w'), state('a', [2]), state('b', [2])]
  const step = stepOf({ w: [w, w.mul(0.5)], a: [a, a.add(1)], b: [b, b.add(10)] })
  assert.ok(splitStep(step, 1))
  const program = await compile(step, cpu)
  const zeros = new Float32Array(2)
  await program.load({ w: filled(1), a: zeros, b: zeros })
  await program.run(3, {})
  const { a: ones, b: tens } = await program.read()
  assert.deepEqual([ones, tens], [Float32Array.of(3, 3), Float32Array.of(30, 30)])
  await program.dispose()
})

test('one program renews a state in place that another, in place too, leaves to the engine', async () => {
  const [w, v] = [state('w'), state('v')]
  const keep = stepOf({ w: [w, w.mul(1)] })
  const flip = stepOf({ w: [w, w.transpose()], v: [v, v.mul(0.5)] })
  assert.deepEqual(
    [keep, flip].map((step) => splitStep(step, 1)!.updates.flatMap(({ written }) => written.map(({ name }) => name))),
    [['w'], ['v']],
  )
  const a = await compile(keep, cpu)
  const b = await compile(flip, { ...cpu, stateOf: a })
  const start = Float32Array.from({ length: SIZE }, (_, i) => i)
  await a.load({ w: start })
  await b.load({ v: filled(1) })
  for (const program of [a, b, a, b, a]) await program.run(1, {})
  assert.ok((await a.read()).w!.every((value, i) => value === i))
  for (const program of [b, a]) await program.dispose()
})

test('steps that differ only in what is done in place are told apart', async () => {
  const [w, x, ema] = [
    state('w'),
    input({ name: 'x', kind: 'data', shape: [ROWS, ROWS], dtype: 'float32' }),
    state('ema'),
  ]
  const batch = [{ name: 'x', input: x }]
  const plain = { ...stepOf({ w: [w, w.sub(x)] }), batch }
  const averaged = { ...stepOf({ w: [w, w.sub(x)], ema: [ema, ema.add(w)] }), batch }
  for (const step of [plain, averaged, plain]) {
    const program = await compile(step, cpu)
    await program.load(Object.fromEntries(step.state.map(({ name }) => [name, filled(3)])))
    const { notFinite } = await program.run(1, { x: filled(1) })
    assert.deepEqual(notFinite, [])
    assert.deepEqual(
      Object.entries(await program.read()).map(([name, data]) => [name, data[SIZE - 1]]),
      step === plain
        ? [['w', 2]]
        : [
            ['w', 2],
            ['ema', 6],
          ],
    )
    await program.dispose()
  }
})

test('what follows a product rounds alike in the engine and in place', async () => {
  const rows = 300
  const [x, d] = ['x', 'd'].map((name) => input({ name, kind: 'data', shape: [rows, ROWS], dtype: 'float32' }))
  const gradient = x!.matmul(d!, { transposeA: true })
  const [w, m] = [state('w'), state('m')]
  const next = m.mul(0.9).add(gradient)
  const batch = ['x', 'd'].map((name, i) => ({ name, input: [x!, d!][i]! }))
  for (const step of [
    { ...stepOf({ w: [w, w.sub(gradient.mul(0.0137))] }), batch },
    { ...stepOf({ w: [w, w.sub(next.mul(0.0137))], m: [m, next] }), batch },
  ]) {
    const engine = createEngine({ Tensor: OrtTensor, InferenceSession } as unknown as Ort)
    const results: TensorRecord[] = []
    for (const [id, lowered] of [await lowerWhole(step, 'cpu'), (await lowerInPlace(step, 1))!].entries()) {
      await engine.open({ id, ...cpu, ...lowered })
      await engine.load(id, Object.fromEntries(step.state.map(({ name }, i) => [name, numbers(SIZE, i)])))
      await engine.run(id, 3, { x: numbers(3 * rows * ROWS, 5), d: numbers(3 * rows * ROWS, 6) })
      results.push(await engine.read(id))
      await engine.close(id)
    }
    for (const [name, data] of Object.entries(results[0]!))
      assert.ok(
        data.every((value, i) => Object.is(results[1]![name]![i], value)),
        name,
      )
  }
})

test('the engine copies no output of a step', async () => {
  const errors: string[] = []
  const first: (string | undefined)[] = []
  const engine = engineOf(async (bytes, options) => {
    const session = await InferenceSession.create(bytes, options)
    first.push(session.outputNames[0])
    const run = session.run.bind(session) as (...args: unknown[]) => Promise<InferenceSession.ReturnType>
    session.run = (...args: unknown[]) =>
      run(...args).catch((error: Error) => {
        errors.push(error.message)
        throw error
      })
    return session
  })
  const w = state('w')
  const program = await openProgram(engine, stepOf({ w: [w, w.exp().mul(0.5)] }), cpu, 1)
  await program.load({ w: filled(0) })
  await program.run(3, {})
  // It copies them in their order, until it meets the one that it cannot copy: the first.
  assert.deepEqual(first, ['nothing', 'nothing']) // the first is tried out
  assert.deepEqual(errors, Array(4).fill('Non tensor type is temporarily not supported.'))
  await program.dispose()
})

test('where a kernel cannot be had, the step is a loop', async () => {
  const { Instance } = WebAssembly
  let asked = 0
  WebAssembly.Instance = class {
    constructor() {
      asked++
      throw new RangeError('Out of memory: Cannot allocate Wasm memory for new instance')
    }
  } as unknown as typeof Instance
  const w = state('w')
  try {
    const engine = engineOf((bytes, options) => InferenceSession.create(bytes, options))
    const program = await openProgram(engine, stepOf({ w: [w, w.add(1)] }), cpu, 1)
    await program.load({ w: filled(0) })
    await program.run(2, {})
    assert.deepEqual((await program.read()).w![0], 2)
    await program.dispose()
  } finally {
    WebAssembly.Instance = Instance
  }
  assert.equal(asked, 1)
})

test('two threads renew large state in place, to the same numbers as one', {
  skip: availableParallelism() < 2,
}, async () => {
  const shape = [2048, 2048]
  const w = state('w', shape)
  const step = stepOf({ w: [w, w.sub(w.square().mul(0.1))] })
  assert.ok(splitStep(step, 2))
  const start = Float32Array.from({ length: 2048 ** 2 }, (_, i) => Math.sin(i))
  const all: Float32Array[] = []
  for (const threads of [1, 2]) {
    const program = await compile(step, { device: 'cpu', threads })
    await program.load({ w: start })
    await program.run(2, {})
    all.push((await program.read()).w as Float32Array)
    await program.dispose()
  }
  assert.ok(all[0]!.every((value, i) => Object.is(value, all[1]![i])))
})
