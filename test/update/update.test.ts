import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, input, reachable, type Tensor } from '../../src/graph/index.js'
import { adam } from '../../src/nn/optimizers.js'
import type { StepGraph } from '../../src/onnx/program.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { TensorRecord } from '../../src/runtime/program.js'
import { kernelOf, splitStep } from '../../src/update/index.js'

/** No multiple of four, and just enough to be worth a pass in place. */
const SIZE = 2 ** 18 + 3

const state = (name: string, shape: readonly number[] = [SIZE]): Tensor =>
  input({ name, kind: 'state', shape, dtype: 'float32' })
const data = (name: string, shape: readonly number[]): Tensor => input({ name, kind: 'data', shape, dtype: 'float32' })

const X = data('x', [SIZE])
const C = data('c', [])

function stepOf(
  entries: Record<string, [Tensor, Tensor]>,
  metrics: Record<string, Tensor> = {},
  batch: Record<string, Tensor> = { x: X, c: C },
): StepGraph {
  return {
    state: Object.entries(entries).map(([name, [from, to]]) => ({ name, input: from, output: to })),
    batch: Object.entries(batch).map(([name, own]) => ({ name, input: own })),
    metrics: Object.entries(metrics).map(([name, output]) => ({ name, output })),
  }
}

const numbers = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.37 + seed) + 1.5)

/** Of so many numbers a list of all differences would take minutes to write: the first one tells. */
function assertSame(actual: TensorRecord, expected: TensorRecord): void {
  assert.deepEqual(Object.keys(actual), Object.keys(expected))
  for (const [name, data] of Object.entries(expected)) {
    const i = data.findIndex((value, k) => !Object.is(actual[name]![k], value))
    assert.ok(i < 0, `${name}[${i}] is ${actual[name]![i]}, expected ${data[i]}`)
  }
}

const names = (split: ReturnType<typeof splitStep>): string[][] =>
  split!.updates.map(({ written }) => written.map(({ name }) => name))

/** Numbers that rounding, signs and ranges treat in ways of their own; none is denormal, nor becomes so below. */
const SPECIAL = [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -1e-18, 1e18]

test('every operation of an update rounds as IEEE 754 says, to the last bit and the last element', async () => {
  const [w, v] = [state('w'), state('v')]
  const g = X.mul(C) // read by the update alone, so it is a part of it
  const next = w.sub(g.neg().div(w.square().add(C).sqrt()).stopGradient().mul(0.1))
  const step = stepOf({ w: [w, next], v: [v, v.add(g).abs()] })
  assert.deepEqual(names(splitStep(step, 1)), [['w', 'v']])
  const program = await compile(step, { device: 'cpu', threads: 1 })
  const [start, x, c] = [numbers(SIZE, 1), numbers(2 * SIZE, 2), Float32Array.of(1.25, -0.75)]
  for (const [i, one] of SPECIAL.entries())
    for (const [k, other] of SPECIAL.entries()) {
      start[10 * i + k] = one
      x[10 * i + k] = other
    }
  await program.load({ w: start, v: start })
  await program.run(2, { x: x.slice(), c: c.slice() })
  const f = Math.fround
  const expected = { w: start.slice(), v: start.slice() }
  for (let k = 0; k < 2; k++)
    for (let i = 0; i < SIZE; i++) {
      const own = expected.w[i]!
      const root = f(Math.sqrt(f(f(own * own) + c[k]!)))
      const product = f(x[k * SIZE + i]! * c[k]!)
      expected.w[i] = f(own - f(f(-product / root) * f(0.1)))
      expected.v[i] = Math.abs(f(expected.v[i]! + product))
    }
  assertSame(await program.read(), expected)
  await program.dispose()
})

test('a state that another update reads is read before it is overwritten', async () => {
  const [a, b, d] = [state('a'), state('b'), state('d')]
  // d has what a was, b adds what a was: neither may see what a becomes.
  const step = stepOf({ a: [a, a.add(X)], b: [b, b.add(a)], d: [d, a.mul(1)] })
  assert.deepEqual(names(splitStep(step, 1)), [['a', 'b', 'd']])
  const program = await compile(step, { device: 'cpu', threads: 1 })
  const [ones, x] = [new Float32Array(SIZE).fill(1), new Float32Array(3 * SIZE).fill(1)]
  await program.load({ a: ones, b: ones, d: ones })
  await program.run(3, { x, c: new Float32Array(3) })
  const filled = (value: number): Float32Array => new Float32Array(SIZE).fill(value)
  assertSame(await program.read(), { a: filled(4), b: filled(1 + 1 + 2 + 3), d: filled(3) })
  await program.dispose()
})

test('what a step shows, or reads again, stays with the engine', () => {
  const [w, v] = [state('w'), state('v')]
  const next = w.sub(X.mul(C))
  assert.equal(splitStep(stepOf({ w: [w, next] }, { shown: next }), 1), undefined)
  assert.equal(splitStep(stepOf({ w: [w, next] }, { norm: next.square().sum() }), 1), undefined)
  const kept = splitStep(stepOf({ w: [w, next], v: [v, v.exp().mul(C)] }, { mean: X.mean() }), 1)!
  assert.deepEqual(names(kept), [['w'], ['v']])
  assert.deepEqual(kept.given.map(({ output }) => output.node.op).sort(), ['exp', 'input', 'input'])
})

test('few numbers, and operands that broadcast, stay with the engine', () => {
  const small = state('small', [100, 100])
  assert.equal(splitStep(stepOf({ small: [small, small.mul(2)] }), 1), undefined)
  const w = state('w', [512, 512])
  const row = data('row', [512])
  const step = stepOf({ w: [w, w.mul(0.5).add(row)] }, {}, { row })
  assert.equal(splitStep(step, 1), undefined)
  const few = state('few', [2 ** 12 - 1])
  const both = splitStep(stepOf({ w: [w, w.mul(0.5)], few: [few, few.mul(0.5)] }, {}, {}), 1)
  assert.deepEqual(names(both), [['w']])
  const large = stepOf({ w: [w, w.mul(0.5)] }, {}, {})
  assert.ok(splitStep(large, 1))
  assert.equal(splitStep(large, 2), undefined) // one thread in place is slower than two of the engine
})

test('an update of more memory than a kernel can have is none', () => {
  const huge = state('huge', [2 ** 29])
  assert.equal(kernelOf(splitStep(stepOf({ huge: [huge, huge.mul(0.5)] }, {}, {}), 1)!), undefined)
})

test('metrics may have any name', async () => {
  const w = state('w', [512, 512])
  const given = data('given', [512, 512])
  const step = stepOf({ w: [w, w.sub(given)] }, { 'given 0': given.sum() }, { given })
  assert.ok(splitStep(step, 1))
  const program = await compile(step, { device: 'cpu', threads: 1 })
  await program.load({ w: new Float32Array(512 ** 2) })
  const { metrics } = await program.run(1, { given: new Float32Array(512 ** 2).fill(1) })
  assert.deepEqual(metrics, { 'given 0': Float32Array.of(512 ** 2) })
  await program.dispose()
})

test('Adam goes as a whole: one pass, given the gradient and two numbers', () => {
  const w = state('w')
  const { init, update } = adam()
  const first = init({ w }) as { count: Tensor; first: Tensor[]; second: Tensor[] }
  const [count, m, v] = [state('count', []), state('m'), state('v')]
  assert.equal(first.first.length, 1)
  const gradient = X.exp()
  const [next, after] = update({ w }, [gradient], { count, first: [m], second: [v] }, constant(0.001))
  const { count: t, first: ms, second: vs } = after as typeof first
  const step = stepOf({ w: [w, next.w], count: [count, t], m: [m, ms[0]!], v: [v, vs[0]!] }, {}, { x: X })
  const split = splitStep(step, 1)!
  assert.deepEqual(names(split), [['w', 'm', 'v']])
  assert.deepEqual(split.given.map(({ output }) => output.size).sort(), [1, 1, SIZE])
  const head = reachable([...split.head.state, ...split.head.metrics].map(({ output }) => output))
  assert.equal(head.filter(({ outputs: [y] }) => y!.size === SIZE).length, 2) // x and its exponential
  assert.ok(WebAssembly.validate(kernelOf(split)!.bytes))
})

test('a call that fails leaves the state as it was, also that which earlier steps of it renewed', async () => {
  const [w, count] = [state('w'), state('count', [])]
  const table = data('table', [2])
  const index = input({ name: 'index', kind: 'data', shape: [1], dtype: 'int32' })
  const chosen = table.gather(index).sum()
  const step = stepOf({ w: [w, w.add(chosen)], count: [count, count.add(chosen)] }, {}, { table, index })
  const program = await compile(step, { device: 'cpu', threads: 1 })
  const start = { w: numbers(SIZE, 1), count: Float32Array.of(7) }
  const batch = (...indices: number[]): TensorRecord => ({
    table: new Float32Array(2 * indices.length).fill(1),
    index: Int32Array.from(indices),
  })
  await program.load(start)
  await assert.rejects(program.run(3, batch(0, 1, 99)), /99/)
  assertSame(await program.read(), start)
  await program.run(2, batch(0, 1))
  assert.deepEqual((await program.read()).count, Float32Array.of(9))
  await program.dispose()
})

test('two programs alternate over the same state, in place and not', async () => {
  const [w, other] = [state('w'), state('w')]
  const add = await compile(stepOf({ w: [w, w.add(X.mul(C))] }), { device: 'cpu', threads: 1 })
  const twice = stepOf({ w: [other, other.mul(2)] }, { norm: other.sum() }, {})
  assert.ok(splitStep(twice, 1))
  const double = await compile(twice, { device: 'cpu', threads: 1, stateOf: add })
  const looped = stepOf({ w: [other, other.exp()] }, {}, {})
  assert.equal(splitStep(looped, 1), undefined)
  const power = await compile(looped, { device: 'cpu', threads: 1, stateOf: add })
  await add.load({ w: new Float32Array(SIZE) })
  const one = (): TensorRecord => ({ x: new Float32Array(SIZE).fill(1), c: Float32Array.of(1) })
  await add.run(1, one()) // 1
  await double.run(1, {}) // 2
  await add.run(1, one()) // 3
  const { metrics } = await double.run(1, {}) // 6
  assert.equal(metrics.norm![0], 3 * SIZE)
  await power.run(1, {})
  await add.run(1, one())
  assert.ok(Math.abs((await add.read()).w![SIZE - 1]! - (Math.exp(6) + 1)) < 1e-3)
  for (const program of [power, double, add]) await program.dispose()
})
