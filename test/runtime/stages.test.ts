import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import ort from 'onnxruntime-node'
import { grad, input, type Tensor } from '../../src/graph/index.js'
import type { StepGraph } from '../../src/onnx/program.js'
import { createEngine, type Engine } from '../../src/runtime/engine.js'
import { createGate } from '../../src/runtime/gate.js'
import { lowerStages, lowerWhole } from '../../src/runtime/lowered.js'
import type { Ort } from '../../src/runtime/opened.js'
import type { TensorRecord } from '../../src/runtime/program.js'
import { spawn } from '../../src/runtime/spawn.node.js'
import { type StagedEngine, withStages } from '../../src/runtime/stages.js'
import { numbers } from './network.js'

const ROWS = 8
/** Enough numbers of state for a stage to end in place. */
const UNITS = 520

/** Two layers that learn by momentum, each to be large on some units, which it is told; the labels go to both. */
function localStep(): StepGraph {
  const state = (name: string, shape: number[]): Tensor => input({ name, kind: 'state', shape, dtype: 'float32' })
  const x = input({ name: 'x', kind: 'data', shape: [ROWS, UNITS], dtype: 'float32' })
  const wanted = input({ name: 'wanted', kind: 'labels', shape: [ROWS, UNITS], dtype: 'float32' })
  const units = input({ name: 'units', kind: 'labels', shape: [ROWS], dtype: 'int32' })
  const count = input({ name: 'count', kind: 'state', shape: [], dtype: 'int32' })
  const entries: [string, Tensor, Tensor][] = [['count', count, count.add(1)]]
  const metrics: StepGraph['metrics'][number][] = []
  let h = x
  for (const i of [0, 1]) {
    const [w, m] = [state(`w${i}`, [UNITS, UNITS]), state(`m${i}`, [UNITS, UNITS])]
    const y = h.matmul(w).tanh()
    const loss = y.sub(wanted).square().mean()
    const next = m.mul(0.9).add(grad(loss, [w])[0]!)
    entries.push([`w${i}`, w, w.sub(next.mul(0.5))], [`m${i}`, m, next])
    metrics.push({ name: `loss${i}`, output: loss })
    // A gather fails in the layer whose number is in the batch where an index is out of range.
    metrics.push({ name: `chosen${i}`, output: y.reshape([ROWS * UNITS]).gather(units.add(i * 1000)) })
    h = y.stopGradient()
  }
  return {
    state: entries.map(([name, from, output]) => ({ name, input: from, output })),
    batch: [x, wanted, units].map((own) => ({ name: own.node.attributes.name, input: own })),
    metrics,
  }
}

const graph = localStep()
const startState = (): TensorRecord =>
  Object.fromEntries(
    graph.state.map(({ name, input: { size, dtype } }, i) => [
      name,
      dtype === 'int32' ? Int32Array.of(3) : numbers(size, 7 + i).map((value) => value / 20),
    ]),
  )

const batch = (steps: number, seed: number, index = 5): TensorRecord => ({
  x: numbers(steps * ROWS * UNITS, seed),
  wanted: numbers(steps * ROWS * UNITS, seed + 1),
  units: new Int32Array(steps * ROWS).fill(index),
})

const workers: { terminate(): Promise<number> }[] = []
after(() => Promise.all(workers.map((worker) => worker.terminate())))

const here = (): Engine => createEngine(ort as unknown as Ort)

function startThread(): Engine {
  const watch = (worker: { terminate(): Promise<number> }): unknown => workers.includes(worker) || workers.push(worker)
  return spawn({ gate: createGate() }, watch).engine
}

const openWhole = async (engine: Engine, id: number, stateOf?: number): Promise<void> => {
  const whole = await lowerWhole(graph, 'cpu', false)
  const shared = stateOf === undefined ? {} : { stateOf }
  assert.ok(await engine.open({ id, device: 'cpu', threads: 1, ...whole, ...shared }))
}

const openStages = async (engine: StagedEngine, id: number, stateOf: number): Promise<boolean> => {
  const stages = (await lowerStages(graph, 2))!
  assert.equal(stages.length, 2)
  return await engine.openStages({ id, stateOf, stages })
}

/** An engine in this thread with the step as a loop, program 0, and in stages, program 1, over the same state. */
async function opened(): Promise<StagedEngine> {
  const engine = withStages(here(), startThread)
  await openWhole(engine, 0)
  assert.ok(await openStages(engine, 1, 0))
  return engine
}

/** What calls of the two programs, by number, make of the state, and their metrics. */
async function run(calls: readonly number[], steps = 4): Promise<{ state: TensorRecord; metrics: TensorRecord[] }> {
  const engine = await opened()
  await engine.load(0, startState())
  const metrics: TensorRecord[] = []
  for (const [i, id] of calls.entries()) {
    const result = await engine.run(id, steps, batch(steps, i))
    assert.deepEqual(result.notFinite, [])
    metrics.push(result.metrics)
  }
  const state = await engine.read(0)
  for (const id of [1, 0]) await engine.close(id)
  return { state, metrics }
}

function assertSame(actual: TensorRecord, expected: TensorRecord): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort())
  for (const [name, data] of Object.entries(expected))
    assert.ok(
      data.every((value, i) => Object.is(actual[name]![i], value)),
      name,
    )
}

test('stages that run at once are the same bits as the step, by themselves and in turns with it', async () => {
  const expected = await run([0, 0, 0, 0])
  for (const calls of [
    [1, 1, 1, 1],
    [0, 1, 1, 0],
    [1, 0, 0, 1],
  ]) {
    const actual = await run(calls)
    assertSame(actual.state, expected.state)
    for (const [i, metrics] of expected.metrics.entries()) assertSame(actual.metrics[i]!, metrics)
  }
})

test('state that was loaded in between is what the stages go on from', async () => {
  const engine = await opened()
  await engine.load(0, startState())
  await engine.run(1, 3, batch(3, 0))
  await engine.load(0, startState())
  await engine.run(1, 3, batch(3, 1))
  const actual = await engine.read(0)
  await engine.load(0, startState())
  await engine.run(0, 3, batch(3, 1))
  assertSame(actual, await engine.read(0))
  for (const id of [1, 0]) await engine.close(id)
})

test('whichever stage fails, all of them are as they were, and go on', async () => {
  const engine = await opened()
  await engine.load(0, startState())
  await engine.run(1, 2, batch(2, 0))
  const before = await engine.read(0)
  // The last step fails: in the first stage, when the second has done some of the others, or in the second alone.
  for (const [index, said] of [
    [ROWS * UNITS, new RegExp(`${ROWS * UNITS}`)],
    [ROWS * UNITS - 1000, new RegExp(`${ROWS * UNITS}`)],
  ] as const) {
    const bad = batch(6, 1)
    bad.units!.set(new Int32Array(ROWS).fill(index), 5 * ROWS)
    await assert.rejects(engine.run(1, 6, bad), said)
    assertSame(await engine.read(0), before)
  }
  await engine.run(1, 2, batch(2, 2))
  const actual = await engine.read(0)
  await engine.load(0, before)
  await engine.run(0, 2, batch(2, 2))
  assertSame(actual, await engine.read(0))
  for (const id of [1, 0]) await engine.close(id)
})

test('numbers that are not finite are found in every stage', async () => {
  const engine = await opened()
  const bad = startState()
  bad.w1!.fill(Number.NaN)
  await engine.load(0, bad)
  const { notFinite } = await engine.run(1, 1, batch(1, 0))
  assert.deepEqual([...notFinite].sort(), ['m1', 'w1'])
  for (const id of [1, 0]) await engine.close(id)
})

test('denormals are flushed in every stage, as in the thread that made them', async () => {
  const engine = await opened()
  const state = startState()
  for (const name of ['m0', 'm1']) state[name]!.fill(1e-39)
  const zeros = (): TensorRecord => ({
    x: new Float32Array(ROWS * UNITS),
    wanted: new Float32Array(ROWS * UNITS),
    units: new Int32Array(ROWS),
  })
  for (const id of [0, 1]) {
    await engine.load(0, structuredClone(state))
    await engine.run(id, 1, zeros())
    const { m0, m1 } = await engine.read(0)
    for (const m of [m0!, m1!]) assert.ok(m.every((value) => value === 0))
  }
  for (const id of [1, 0]) await engine.close(id)
})

test('state that was never loaded is asked for', async () => {
  const engine = await opened()
  await assert.rejects(engine.run(1, 1, batch(1, 0)), /was never loaded/)
  for (const id of [1, 0]) await engine.close(id)
})

test('programs that share their state take turns, all of them in stages', async () => {
  const expected = await run([0, 0, 0, 0])
  const engine = await opened()
  await openWhole(engine, 2, 0)
  assert.ok(await openStages(engine, 3, 2))
  await engine.load(0, startState())
  for (const [i, id] of [1, 3, 1, 2].entries()) await engine.run(id, 4, batch(4, i))
  assertSame(await engine.read(0), expected.state)
  assertSame(await engine.read(2), expected.state)
  for (const id of [3, 2, 1, 0]) await engine.close(id)
})

test('one array may be several parts of the batch', async () => {
  const engine = await opened()
  const all: TensorRecord[] = []
  for (const id of [0, 1]) {
    await engine.load(0, startState())
    const { x, units } = batch(2, 1)
    await engine.run(id, 2, { x: x!, wanted: x!, units: units! })
    all.push(await engine.read(0))
  }
  assertSame(all[1]!, all[0]!)
  for (const id of [1, 0]) await engine.close(id)
})

test('where no thread can be had, or no memory in it, the step runs as a whole', async () => {
  const expected = await run([0, 0])
  const refused = new Error('no more threads')
  for (const start of [
    (): Engine => {
      throw refused
    },
    (): Engine => ({ ...here(), open: async () => false }),
    (): Engine => ({ ...here(), open: () => Promise.reject(refused) }),
  ]) {
    const engine = withStages(here(), start)
    await openWhole(engine, 0)
    assert.equal(await openStages(engine, 1, 0), false)
    await engine.load(0, startState())
    for (const [i, id] of [1, 0].entries()) await engine.run(id, 4, batch(4, i))
    assertSame(await engine.read(0), expected.state)
    for (const id of [1, 0]) await engine.close(id)
  }
})

test('a thread that ends is told once, and what is loaded then goes on without it', async () => {
  let isGone = false
  const mortal = (): Engine => {
    const engine = here()
    const alive = <T>(call: () => Promise<T>): Promise<T> => (isGone ? Promise.reject(new Error('gone')) : call())
    return {
      ...engine,
      run: (id, steps, own) => alive(() => engine.run(id, steps, own)),
      read: (id, names) => alive(() => engine.read(id, names)),
    }
  }
  const engine = withStages(here(), mortal)
  await openWhole(engine, 0)
  await openWhole(engine, 7) // has nothing to do with it
  assert.ok(await openStages(engine, 1, 0))
  await engine.load(0, startState())
  await engine.load(7, startState())
  // Both engines are in this thread and would wait for each other: not in calls of one step.
  await engine.run(1, 1, batch(1, 0))
  isGone = true
  await assert.rejects(engine.run(1, 1, batch(1, 1)), /gone/)
  assertSame(await engine.read(7), startState())
  await assert.rejects(engine.read(0), /gone/)
  await engine.load(0, startState())
  for (const [i, id] of [1, 0].entries()) await engine.run(id, 4, batch(4, i))
  assertSame(await engine.read(0), (await run([0, 0])).state)
  for (const id of [1, 0, 7]) await engine.close(id)
})
