import assert from 'node:assert/strict'
import test from 'node:test'
import { constant, input, quantizedProduct } from '../../src/graph/index.js'
import type { StepGraph } from '../../src/onnx/program.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { CompileOptions, TensorRecord } from '../../src/runtime/program.js'
import { batches, difference, initialState, interpretSteps, network, part } from './network.js'

const graph = network()
const start = initialState(graph)

/** Runs `lengths` steps, call by call; gives the state and the metrics of all calls. */
async function runs(step: StepGraph, lengths: readonly number[], options: Partial<CompileOptions> = {}) {
  const total = lengths.reduce((a, b) => a + b)
  const all = batches(step, total)
  const program = await compile(step, { device: 'cpu', ...options })
  await program.load(initialState(step))
  const metrics: Record<string, number[]> = {}
  let done = 0
  for (const n of lengths) {
    const result = await program.run(n, part(step, all, done, done + n))
    for (const [name, data] of Object.entries(result.metrics)) metrics[name] = [...(metrics[name] ?? []), ...data]
    assert.deepEqual(result.notFinite, [])
    done += n
  }
  const state = await program.read()
  await program.dispose()
  return { state, metrics }
}

test('steps on the CPU are the interpreter’s, in the worker and outside of it', async () => {
  const expected = interpretSteps(graph, start, batches(graph, 6), 6)
  for (const worker of [true, false]) {
    const { state, metrics } = await runs(graph, [6], { worker })
    assert.ok(difference(state, expected.state) < 1e-6)
    assert.ok(difference(metrics, expected.metrics) < 1e-6)
    assert.ok(state.count instanceof Int32Array && state.w1 instanceof Float32Array)
  }
})

test('the bits of this step depend neither on the steps per call, nor on the threads, nor on the worker', async () => {
  const wide = network(64, [300, 200, 10])
  const expected = await runs(wide, [12])
  for (const lengths of [[1, 11], [4, 4, 4], new Array<number>(12).fill(1)])
    assert.deepEqual(await runs(wide, lengths), expected)
  for (const threads of [1, 2]) assert.deepEqual(await runs(wide, [12], { threads }), expected)
  assert.deepEqual(await runs(wide, [5, 7], { worker: false, threads: 1 }), expected)
})

test('a batch is handed over; a view of a part of a buffer, and shared memory, are copied', async () => {
  const program = await compile(graph, { device: 'cpu' })
  await program.load(start)
  assert.equal(start.w1!.length, 30) // a state is copied
  const whole = batches(graph, 4)
  const expected = await program.run(2, part(graph, whole, 0, 2))
  await program.load(start)
  const x = whole.x!.subarray(0, whole.x!.length / 2)
  const labels = new Float32Array(new SharedArrayBuffer((whole.labels!.length / 2) * 4))
  labels.set(whole.labels!.subarray(0, labels.length))
  const keep = whole.keep!.slice(0, whole.keep!.length / 2)
  const { metrics } = await program.run(2, { x, labels, keep })
  assert.deepEqual(metrics, expected.metrics)
  assert.equal(x.length, 96)
  assert.equal(keep.length, 0)
  await program.dispose()
})

test('a loaded state is a copy, and a state read is one', async () => {
  for (const worker of [true, false]) {
    const program = await compile(graph, { device: 'cpu', worker })
    const given = initialState(graph)
    await program.load(given)
    given.w1!.fill(0)
    const read = await program.read()
    read.w2!.fill(0)
    assert.deepEqual(await program.read(), start)
    await program.dispose()
  }
})

test('calls may be queued, and disposal waits for them', async () => {
  const expected = await runs(graph, [3, 3])
  const program = await compile(graph, { device: 'cpu' })
  const all = batches(graph, 6)
  const calls = [program.load(start), program.run(3, part(graph, all, 0, 3)), program.run(3, part(graph, all, 3, 6))]
  const state = program.read()
  const end = program.dispose()
  await Promise.all([...calls, end])
  assert.deepEqual(await state, expected.state)
  await assert.rejects(program.read(), { name: 'UserError', message: /disposed/ })
  await program.dispose()
})

test('what does not fit is refused by name before anything happens', async () => {
  const program = await compile(graph, { device: 'cpu' })
  const good = batches(graph, 2)
  const refused = (call: Promise<unknown>, message: RegExp): Promise<void> =>
    assert.rejects(call, (error: Error) => {
      assert.equal(error.name, 'UserError')
      assert.match(error.message, message)
      return true
    })
  await refused(program.run(2, batches(graph, 2)), /the state w1 was never loaded/)
  await refused(program.read(), /the state w1 was never loaded/)
  await program.load(start)
  const { w1: _, ...lacking } = start
  await refused(program.load(lacking), /load: the state lacks w1: expected a Float32Array of 30 numbers, \[6, 5\]/)
  await refused(program.load({ ...start, w9: new Float32Array(1) }), /holds w9, which the program does not have/)
  await refused(program.load({ ...start, w1: new Float32Array(31) }), /w1: expected .* 30 numbers.* of 31/)
  await refused(
    program.load({ ...start, count: new Float32Array(1) }),
    /count: expected a Int32Array of 1 .*Float32Array/,
  )
  await refused(program.run(3, good), /run: the batch x: expected a Float32Array of 144 numbers, \[3, 8, 6\]; .* of 96/)
  await refused(program.run(2, {}), /lacks x/)
  for (const steps of [0, -1, 1.5, Number.NaN]) await refused(program.run(steps, good), /whole number >= 1/)
  assert.equal(good.x!.length, 96)
  assert.deepEqual(await program.read(), start)
  await program.dispose()
  await refused(compile(graph, { device: 'wasm' }), /in Node use cpu or webgpu/)
  await refused(compile(graph, { device: 'cpu', threads: 0 }), /threads must be a whole number >= 1, got 0/)
  const x = input({ name: 'x', kind: 'data', shape: [2], dtype: 'float32' })
  const twice = { state: [{ name: 'x', input: x, output: x }], batch: [{ name: 'x', input: x }], metrics: [] }
  await assert.rejects(compile(twice, { device: 'cpu' }), /two inputs .* of the name x/)
  const grown = { state: [{ name: 'x', input: x, output: x.reshape([1, 2]) }], batch: [], metrics: [] }
  await assert.rejects(compile(grown, { device: 'cpu' }), /the state x enters a step as float32 \[2\] and leaves it as/)
  const w = input({ name: 'w', kind: 'state', shape: [2, 3], dtype: 'float32' })
  const flat = { state: [{ name: 'w', input: w, output: w.mul(2).reshape([6]) }], batch: [], metrics: [] }
  await assert.rejects(
    compile(flat, { device: 'cpu' }),
    /the state w enters a step as float32 \[2, 3\] and leaves it as/,
  )
})

test('programs share a state: both write it, and only what is missing is loaded', async () => {
  const train = await compile(graph, { device: 'cpu' })
  await train.load(start)
  const [w1, x] = [graph.state[0]!.input, graph.batch[0]!.input]
  const seen = input({ name: 'seen', kind: 'state', shape: [], dtype: 'float32' })
  const evaluation: StepGraph = {
    state: [
      { name: 'w1', input: w1, output: w1 },
      { name: 'seen', input: seen, output: seen.add(1) },
    ],
    batch: [{ name: 'x', input: x }],
    metrics: [{ name: 'hidden', output: x.matmul(w1).sum() }],
  }
  const evaluate = await compile(evaluation, { device: 'cpu', stateOf: train })
  await evaluate.load({ seen: Float32Array.of(40) })
  await train.run(5, batches(graph, 5))
  const state = await train.read()
  const given = batches(graph, 2).x!
  const expected = interpretSteps(evaluation, { ...state, seen: Float32Array.of(40) }, { x: given }, 2)
  const { metrics } = await evaluate.run(2, { x: given.slice() })
  assert.ok(difference(metrics, expected.metrics) < 1e-6)
  assert.deepEqual(await evaluate.read(), { w1: state.w1, seen: Float32Array.of(42) })

  const double: StepGraph = { state: [{ name: 'w1', input: w1, output: w1.mul(2) }], batch: [], metrics: [] }
  const writer = await compile(double, { device: 'cpu', stateOf: evaluate })
  await writer.run(1, {})
  assert.deepEqual(
    (await train.read()).w1,
    (state.w1 as Float32Array).map((v) => 2 * v),
  )

  // The state outlives the program that made it.
  await train.dispose()
  await writer.run(1, {})
  assert.deepEqual(
    (await evaluate.read()).w1,
    (state.w1 as Float32Array).map((v) => 4 * v),
  )
  await assert.rejects(compile(double, { device: 'cpu', stateOf: train }), /stateOf: that program was disposed/)
  await assert.rejects(compile(double, { device: 'cpu', stateOf: writer, worker: false }), /in another thread/)
  const other = input({ name: 'w1', kind: 'state', shape: [5], dtype: 'float32' })
  const misfit = { state: [{ name: 'w1', input: other, output: other }], batch: [], metrics: [] }
  await assert.rejects(
    compile(misfit, { device: 'cpu', stateOf: writer }),
    /w1 is float32 \[6, 5\] there and .*\[5\] here/,
  )
  await evaluate.dispose()
  await writer.dispose()
})

test('a call that fails leaves the state as it was, and the program goes on', async () => {
  const table = input({ name: 'table', kind: 'state', shape: [4], dtype: 'float32' })
  const index = input({ name: 'index', kind: 'data', shape: [1], dtype: 'int32' })
  const step: StepGraph = {
    state: [{ name: 'table', input: table, output: table.add(table.gather(index)) }],
    batch: [{ name: 'index', input: index }],
    metrics: [],
  }
  const program = await compile(step, { device: 'cpu' })
  await program.load({ table: Float32Array.of(1, 2, 3, 4) })
  await assert.rejects(program.run(2, { index: Int32Array.of(0, 99) }), /Gather/)
  assert.deepEqual(await program.read(), { table: Float32Array.of(1, 2, 3, 4) })
  await program.run(1, { index: Int32Array.of(0) })
  assert.deepEqual(await program.read(), { table: Float32Array.of(2, 3, 4, 5) })
  await program.dispose()
})

test('numbers that are not finite are found by name, in 8-bit products too', async () => {
  const state = (name: string) => input({ name, kind: 'state', shape: [4, 4], dtype: 'float32' })
  const [w, v, still] = [state('w'), state('v'), state('still')]
  const x = input({ name: 'x', kind: 'data', shape: [4, 4], dtype: 'float32' })
  const product = quantizedProduct(x, w)
  const step: StepGraph = {
    state: [
      { name: 'w', input: w, output: w.add(product.mul(0.1)) },
      { name: 'v', input: v, output: v.add(1) },
      { name: 'still', input: still, output: still },
    ],
    batch: [{ name: 'x', input: x }],
    metrics: [{ name: 'largest', output: product.max() }],
  }
  const program = await compile(step, { device: 'cpu' })
  const fresh = (): TensorRecord =>
    Object.fromEntries(['w', 'v', 'still'].map((name) => [name, new Float32Array(16).fill(0.5)]))
  const found = async (change: (state: TensorRecord) => void): Promise<string[]> => {
    const own = fresh()
    change(own)
    await program.load(own)
    return (await program.run(2, { x: new Float32Array(32).fill(1) })).notFinite
  }
  assert.deepEqual(await found(() => undefined), [])
  assert.deepEqual(await found((own) => own.w!.fill(Number.NaN, 3, 4)), ['w'])
  assert.deepEqual(await found((own) => own.v!.fill(Number.NEGATIVE_INFINITY, 15)), ['v'])
  assert.deepEqual(await found((own) => own.still!.fill(Number.NaN)), ['still'])
  await program.dispose()
})

test('denormals are flushed where the program runs, with one thread and two, and not in this thread', async () => {
  const size = 100_000
  const w = input({ name: 'w', kind: 'state', shape: [size], dtype: 'float32' })
  const step = { state: [{ name: 'w', input: w, output: w.mul(constant(0.5)) }], batch: [], metrics: [] }
  for (const threads of [1, 2]) {
    const program = await compile(step, { device: 'cpu', threads })
    // 1e-30 / 2^30 is 9e-40, between the smallest normal number, 1.2e-38, and the smallest denormal, 1.4e-45.
    await program.load({ w: new Float32Array(size).fill(1e-30) })
    await program.run(30, {})
    assert.ok((await program.read()).w!.every((x) => x === 0))
    await program.load({ w: new Float32Array(size).fill(1e-30) })
    await program.run(20, {})
    assert.ok((await program.read()).w!.every((x) => Math.abs((x / 1e-30) * 2 ** 20 - 1) < 1e-6))
    await program.dispose()
  }
  assert.ok(Number.MIN_VALUE * Number('1') > 0)
})
