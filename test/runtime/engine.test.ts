import assert from 'node:assert/strict'
import test from 'node:test'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { input } from '../../src/graph/index.js'
import { type Host, openProgram } from '../../src/runtime/client.js'
import { createEngine, type Ort } from '../../src/runtime/engine.js'

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
  const host: Host = { engine: createEngine(ort), remote: false }
  const open = (factor: number, threads = 1) => {
    const w = input({ name: 'w', kind: 'state', shape: [2], dtype: 'float32' })
    const step = { state: [{ name: 'w', input: w, output: w.mul(factor) }], batch: [], metrics: [] }
    return openProgram(host, step, { device: 'cpu' }, threads)
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

test('a model that the engine refuses leaves nothing behind', async () => {
  let refuse = true
  const ort: Ort = {
    Tensor,
    InferenceSession: {
      create: (bytes, options) => (refuse ? Promise.reject(new Error('no')) : InferenceSession.create(bytes, options)),
    },
  }
  const host: Host = { engine: createEngine(ort), remote: false }
  const w = input({ name: 'w', kind: 'state', shape: [1], dtype: 'float32' })
  const step = { state: [{ name: 'w', input: w, output: w.add(1) }], batch: [], metrics: [] }
  await assert.rejects(openProgram(host, step, { device: 'cpu' }, 1), /no/)
  refuse = false
  const program = await openProgram(host, step, { device: 'cpu' }, 1)
  await program.load({ w: Float32Array.of(1) })
  await program.run(2, {})
  assert.deepEqual(await program.read(), { w: Float32Array.of(3) })
})
