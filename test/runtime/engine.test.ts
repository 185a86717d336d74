import assert from 'node:assert/strict'
import test from 'node:test'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { input } from '../../src/graph/index.js'
import { openProgram } from '../../src/runtime/client.js'
import { createEngine } from '../../src/runtime/engine.js'
import type { Ort } from '../../src/runtime/slots.js'

/** ONNX Runtime, with a count of the sessions made and released. */
function counting() {
  const count = { made: 0, released: 0 }
  const ort: Ort = {
    Tensor,
    InferenceSession: {
      async create(bytes, options) {
        const session = await InferenceSession.create(bytes, options)
        const release = session.release.bind(session)
        count.made++
        session.release = async () => {
          count.released++
          await release()
        }
        return session
      },
    },
  }
  const engine = createEngine(ort)
  const open = (factor: number, threads = 1) => {
    const w = input({ name: 'w', kind: 'state', shape: [2], dtype: 'float32' })
    const step = { state: [{ name: 'w', input: w, output: w.mul(factor) }], batch: [], metrics: [] }
    return openProgram(engine, step, { device: 'cpu' }, threads)
  }
  return { count, open }
}

test('equal steps share a session but no state; other steps and other threads have their own', async () => {
  const { count, open } = counting()
  const [a, b] = [await open(3), await open(3)]
  assert.equal(count.made, 1)
  await a.load({ w: Float32Array.of(1, 2) })
  await b.load({ w: Float32Array.of(10, 20) })
  await a.run(2, {})
  await b.run(1, {})
  assert.deepEqual(await a.read(), { w: Float32Array.of(9, 18) })
  assert.deepEqual(await b.read(), { w: Float32Array.of(30, 60) })
  await open(4)
  assert.equal(count.made, 2)
  await open(3, 2)
  assert.equal(count.made, 3)
  await a.dispose()
  await b.dispose()
  await open(3)
  assert.deepEqual(count, { made: 3, released: 0 })
})

test('of the sessions that no program uses any more, the last eight are kept', async () => {
  const { count, open } = counting()
  const inUse = await open(100)
  for (let factor = 0; factor < 12; factor++) await (await open(factor)).dispose()
  assert.deepEqual(count, { made: 13, released: 4 })
  await open(11)
  assert.equal(count.made, 13)
  await open(0)
  assert.equal(count.made, 14)
  await inUse.load({ w: Float32Array.of(1, 1) })
  await inUse.run(1, {})
})

test('a session that is not to be kept goes at once, unless another program uses it', async () => {
  const { count, open } = counting()
  const [first, second, other] = [await open(1), await open(1), await open(2)]
  await first.dispose(false)
  assert.deepEqual(count, { made: 2, released: 0 })
  await other.dispose()
  await second.dispose(false)
  assert.deepEqual(count, { made: 2, released: 1 })
  await open(2)
  assert.equal(count.made, 2)
})

test('a model that the engine refuses leaves nothing behind', async () => {
  let refuse = true
  const ort: Ort = {
    Tensor,
    InferenceSession: {
      create: (bytes, options) => (refuse ? Promise.reject(new Error('no')) : InferenceSession.create(bytes, options)),
    },
  }
  const engine = createEngine(ort)
  const w = input({ name: 'w', kind: 'state', shape: [1], dtype: 'float32' })
  const step = { state: [{ name: 'w', input: w, output: w.add(1) }], batch: [], metrics: [] }
  await assert.rejects(openProgram(engine, step, { device: 'cpu' }, 1), /no/)
  refuse = false
  const program = await openProgram(engine, step, { device: 'cpu' }, 1)
  await program.load({ w: Float32Array.of(1) })
  await program.run(2, {})
  assert.deepEqual(await program.read(), { w: Float32Array.of(3) })
})

test('of the tensors on a graphics card, each is let go exactly once, when nothing reads it any more', async () => {
  // A card without one: every tensor that a session puts out lies "there", and counts how often it was let go.
  const there: { disposed: number }[] = []
  const onCard = (data: Float32Array) => {
    const tensor = { data, location: 'gpu-buffer', disposed: 0, dispose: () => tensor.disposed++ }
    there.push(tensor)
    return tensor
  }
  const held = (): number => {
    assert.ok(there.every(({ disposed }) => disposed <= 1))
    return there.filter(({ disposed }) => disposed === 0).length
  }
  type Feeds = Record<string, { data: Float32Array }>
  const ort = {
    Tensor,
    InferenceSession: {
      async create(_: Uint8Array, { preferredOutputLocation }: InferenceSession.SessionOptions = {}) {
        const step = ({ w }: Feeds) => ({ 'out.w': onCard(w!.data.map((v) => 2 * v)), 'metric.m': { data: w!.data } })
        const copy = ({ x }: Feeds) => ({ y: preferredOutputLocation ? onCard(x!.data) : { data: x!.data.slice() } })
        const sum = ({ w }: Feeds) => ({ 'sum.w': { data: w!.data.slice(0, 1) } })
        const run = async (feeds: Feeds) => (feeds.x ? copy(feeds) : preferredOutputLocation ? step(feeds) : sum(feeds))
        return { run, release: async () => undefined }
      },
    },
  } as unknown as Ort
  const engine = createEngine(ort)
  const w = input({ name: 'w', kind: 'state', shape: [2], dtype: 'float32' })
  const step = { state: [{ name: 'w', input: w, output: w.mul(2) }], batch: [], metrics: [{ name: 'm', output: w }] }
  const open = () => openProgram(engine, step, { device: 'webgpu' }, 1)
  const a = await open()
  await a.load({ w: Float32Array.of(1, 3) })
  assert.equal(held(), 1)
  assert.deepEqual((await a.run(3, {})).metrics, { m: Float32Array.of(1, 3, 2, 6, 4, 12) })
  assert.equal(held(), 1)
  await a.load({ w: Float32Array.of(1, 1) })
  assert.equal(held(), 1)
  const b = await openProgram(engine, step, { device: 'webgpu', stateOf: a }, 1)
  await b.run(2, {})
  await a.dispose()
  assert.equal(held(), 1)
  assert.deepEqual(await b.read(), { w: Float32Array.of(4, 4) })
  await b.dispose()
  assert.equal(held(), 0)
  assert.equal(there.length, 1 + 3 + 1 + 2)
})
