import assert from 'node:assert/strict'
import test from 'node:test'
import { input, quantizedProduct } from '../../src/graph/index.js'
import { compile } from '../../src/runtime/compile.node.js'
import { diagnose } from '../../src/runtime/doctor.node.js'

test('the doctor says what runs here', async () => {
  const { versions, threads, memory, providers, cpu, processor } = await diagnose()
  assert.equal(versions.node, process.version)
  assert.match(versions.onnxruntime, /^\d+\.\d+\.\d+$/)
  assert.ok(threads >= 1 && processor.length > 0 && memory.totalBytes > memory.freeBytes)
  assert.deepEqual(providers[0], { device: 'cpu', works: true })
  const webgpu = providers[1]!
  assert.equal(webgpu.device, 'webgpu')
  assert.equal(webgpu.reason === undefined, webgpu.works)
  assert.ok(cpu!.matrixProduct.oneThread > 0 && cpu!.matrixProduct.allThreads > 0)
  // What it says about 8 bits is what a product shows: cut off, a sum of two large products is 32,767 and no more.
  const product = async (right: number, levels: number): Promise<number> => {
    const a = input({ name: 'a', kind: 'data', shape: [8, 64], dtype: 'float32' })
    const b = input({ name: 'b', kind: 'data', shape: [64, 8], dtype: 'float32' })
    const batch = [
      { name: 'a', input: a },
      { name: 'b', input: b },
    ]
    const metrics = [{ name: 'product', output: quantizedProduct(a, b, {}, levels).max() }]
    const program = await compile({ state: [], batch, metrics }, { device: 'cpu' })
    const given = { a: new Float32Array(512).fill(255), b: new Float32Array(512).fill(right) }
    const result = (await program.run(1, given)).metrics.product![0]!
    await program.dispose()
    return result
  }
  assert.equal(await product(127, 127), cpu!.exactInt8 ? 64 * 255 * 127 : 32 * 32_767)
  assert.equal(await product(64, 64), 64 * 255 * 64)
})
