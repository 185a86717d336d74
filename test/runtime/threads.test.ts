import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import test from 'node:test'
import ort from 'onnxruntime-node'
import { constant, input, type Tensor } from '../../src/graph/index.js'
import { lowerStep, type StepGraph } from '../../src/onnx/program.js'
import { openProgram } from '../../src/runtime/client.js'
import { compile } from '../../src/runtime/compile.node.js'
import { createEngine } from '../../src/runtime/engine.js'
import type { Engine } from '../../src/runtime/protocol.js'
import { comparison, sameBits } from '../../src/runtime/same-bits.js'
import { sessionOptions } from '../../src/runtime/sessions.js'
import type { Ort } from '../../src/runtime/slots.js'
import { batches, initialState, network } from './network.js'

const data = (name: string, shape: number[]): Tensor => input({ name, kind: 'data', shape, dtype: 'float32' })

const programOf = (...outputs: Tensor[]): StepGraph => ({
  state: [],
  batch: [],
  metrics: outputs.map((output, i) => ({ name: `${i}`, output })),
})

/** The shape of a step does not matter to an engine that only notes what it is asked, but each has other operations. */
let width = 10
const stepOf = (): StepGraph => network(4, [6, width++, 3])

interface Noted {
  readonly same?: boolean
  readonly opens?: boolean
  /** Of a call with all threads, and with one. */
  readonly seconds: readonly [number, number]
}

/** A program with two threads over an engine that only notes what it is asked. */
async function noted({ same = true, opens = true, seconds }: Noted, adapt = true, step = stepOf()) {
  const calls: string[] = []
  const threadsOf = new Map<number, number>()
  const note = (what: string, id: number): number => calls.push(`${what} ${threadsOf.get(id)}`)
  const engine: Engine = {
    async open({ id, threads, stateOf }) {
      threadsOf.set(id, threads)
      assert.equal(stateOf !== undefined, threads === 1)
      note('open', id)
      if (threads === 1 && !opens) throw new Error('no memory')
      return true
    },
    async load() {},
    async run(id) {
      note('run', id)
      return { metrics: {}, notFinite: [], seconds: seconds[threadsOf.get(id) === 1 ? 1 : 0] }
    },
    read: async () => ({}),
    async close(id) {
      note('close', id)
    },
    block: async () => 1,
    async compare(_, threads) {
      calls.push(`compare ${threads}`)
      return same
    },
  }
  const program = await openProgram(engine, step, { device: 'cpu' }, 2, adapt)
  const run = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) await program.run(1, batches(step, 1))
  }
  const until = async (call: string, comparing = false): Promise<void> => {
    while (calls.at(-1) !== call || program.isComparing!() !== comparing) await new Promise((go) => setTimeout(go, 2))
  }
  return { program, calls, run, until }
}

const begun = ['open 2', 'compare 1,2', 'open 1']

test('one thread is tried beside all, and goes on where it is faster', async () => {
  const { program, calls, run, until } = await noted({ seconds: [0.2, 0.1] })
  await until('open 1', true)
  await run(6)
  assert.ok(!program.isComparing!())
  await program.dispose()
  const runs = ['run 2', 'run 1', 'run 2', 'run 1', 'run 1', 'run 1']
  assert.deepEqual(calls.slice(0, 9), [...begun, ...runs])
  assert.deepEqual(calls.slice(9).sort(), ['close 1', 'close 2'])
})

test('where all threads are faster, the program with one is closed, and opened again when the machine is slower', async () => {
  const times: [number, number] = [0.1, 0.2]
  const { program, calls, run, until } = await noted({ seconds: times })
  await until('open 1', true)
  await run(6)
  assert.deepEqual(calls, [...begun, 'run 2', 'run 1', 'run 2', 'run 1', 'close 1', 'run 2', 'run 2'])
  times[0] = 5
  await run(1)
  await until('open 1', true)
  await run(5)
  assert.equal(calls.at(-1), 'run 1')
  // The bits were compared once.
  assert.equal(calls.filter((call) => call.startsWith('compare')).length, 1)
  await program.dispose()
})

test('nothing is tried where bits differ, where it cannot be opened, or where the number of threads was given', async () => {
  for (const [what, opened, adapt] of [
    [{ same: false }, ['open 2', 'compare 1,2'], true],
    [{ opens: false }, begun, true],
    [{}, ['open 2'], false],
  ] as const) {
    const { program, calls, run, until } = await noted({ ...what, seconds: [0.2, 0.1] }, adapt)
    await until(opened.at(-1)!)
    await run(4)
    assert.ok(!program.isComparing!())
    await program.dispose()
    assert.deepEqual(calls, [...opened, ...Array(4).fill('run 2'), 'close 2'])
  }
})

test('a program that changes no state compares nothing before it has run for a while', async () => {
  const x = data('x', [4, 7])
  const times: [number, number] = [0.001, 0.001]
  const step = { ...programOf(x.exp()), batch: [{ name: 'x', input: x }] }
  const { program, calls, run, until } = await noted({ seconds: times }, true, step)
  await run(2)
  assert.deepEqual(calls, ['open 2', 'run 2', 'run 2'])
  times[0] = 0.2
  await run(1)
  await until('open 1', true)
  assert.deepEqual(calls.slice(3), ['run 2', 'compare 1,2', 'open 1'])
  await program.dispose()
})

const compare = async (step: StepGraph, threads: readonly number[]): Promise<boolean> =>
  await sameBits(ort as unknown as Ort, lowerStep(comparison(step)!, 'cpu'), threads)

test('a product whose columns are shared out gives other bits with more threads; by rows it gives the same', async () => {
  // A thread with 64 columns or less adds up more numbers at a time. With as many rows as columns, rows are shared out.
  assert.equal(await compare(programOf(data('x', [16, 784]).matmul(data('w', [784, 96]))), [1, 2]), false)
  assert.equal(await compare(programOf(data('x', [128, 784]).matmul(data('w', [784, 96]))), [1, 2]), true)
})

test('a loop’s body is compared too, and operations of one instruction are not', () => {
  const x = data('x', [30, 20])
  const kinds = (step: StepGraph): string[] => comparison(step)!.metrics.map(({ output }) => output.node.op)
  assert.deepEqual(kinds(programOf(x.add(x).mul(3).div(x).sqrt().relu().max(1))), [])
  assert.deepEqual(kinds(programOf(x.exp(), x.mul(2).exp())), ['exp'])
  // Few results are compared several times.
  assert.deepEqual(kinds(programOf(x.sum())), Array(8).fill('sum'))
  assert.deepEqual(kinds(network(8, [30, 20, 10])).includes('tanh'), true)
  assert.equal(comparison(programOf(data('x', [2 ** 13, 2 ** 14]).exp())), undefined)
})

test('quotients and square roots are rounded as IEEE 754 says, wherever in a vector a number stands', async () => {
  const numbers = (size: number, start: number): Float32Array =>
    Float32Array.from({ length: size }, (_, i) => Math.exp(20 * Math.sin(start + i * i)))
  for (const size of [1, 3, 7, 13, 30_001]) {
    const [a, b] = [data('a', [size]), data('b', [size])]
    const batch = [
      { name: 'a', input: a },
      { name: 'b', input: b },
    ]
    const step = { ...programOf(a.div(b), constant(1).div(b), a.sqrt()), batch }
    const [x, y] = [numbers(size, 1), numbers(size, 2)]
    for (const threads of [1, 2]) {
      const session = await ort.InferenceSession.create(lowerStep(step, 'cpu').bytes, sessionOptions('cpu', threads))
      const feeds = { a: new ort.Tensor('float32', x, [size]), b: new ort.Tensor('float32', y, [size]) }
      const [quotient, inverse, root] = Object.values(await session.run(feeds)).map((tensor) => tensor.data)
      await session.release()
      assert.deepEqual(
        quotient,
        x.map((v, i) => v / y[i]!),
      )
      assert.deepEqual(
        inverse,
        y.map((v) => 1 / v),
      )
      assert.deepEqual(root, x.map(Math.sqrt))
    }
  }
})

test('the numbers of a training are the same bits however often the number of threads changes', {
  skip: availableParallelism() < 2 && 'one core: there is nothing to choose',
}, async () => {
  const step = network(128, [300, 256, 10])
  const results = []
  for (const threads of [1, 2, undefined]) {
    const program = await compile(step, { device: 'cpu', ...(threads && { threads }) })
    await program.load(initialState(step))
    const metrics = []
    for (let call = 0; call < 5; call++) metrics.push((await program.run(40, batches(step, 40, call))).metrics)
    results.push({ metrics, state: await program.read() })
    await program.dispose()
  }
  assert.deepEqual(results[1], results[0])
  assert.deepEqual(results[2], results[0])
})

test('a program with one thread and one with two are in step over the same state', async () => {
  const step = network(128, [300, 256, 10])
  const engine = createEngine(ort as unknown as Ort)
  const alone = await openProgram(engine, step, { device: 'cpu' }, 2)
  await alone.load(initialState(step))
  for (let call = 0; call < 4; call++) await alone.run(1, batches(step, 1, call))
  const expected = await alone.read()
  const one = await openProgram(engine, step, { device: 'cpu', stateOf: alone }, 1)
  await alone.load(initialState(step))
  for (let call = 0; call < 4; call++) await (call % 2 === 0 ? alone : one).run(1, batches(step, 1, call))
  assert.deepEqual(await alone.read(), expected)
  for (const program of [one, alone]) await program.dispose()
})
