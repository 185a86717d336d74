import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as ort from 'onnxruntime-node'
import { grad, input, type Node, quantizedProduct, scan, type Tensor } from '../../src/graph/index.js'
import { lowerLoop, lowerStep } from '../../src/onnx/index.js'
import { emitterFor } from '../../src/onnx/lowerings.js'

interface Emitted {
  opType: string
  output: string[]
  attribute: { g?: { node: Emitted[] } }[]
}

const x = (name: string, shape: number[]): Tensor => input({ name, kind: 'data', shape, dtype: 'float32' })

/** The nodes of the outermost graph. */
function emitted(outputs: Tensor[]): Emitted[] {
  const emitter = emitterFor('cpu')
  emitter.emit(outputs, undefined)
  return emitter.takeNodes() as unknown as Emitted[]
}

const ops = (nodes: Emitted[]): string[] => nodes.map(({ opType }) => opType)
const body = (nodes: Emitted[]): Emitted[] =>
  nodes.find(({ opType }) => opType === 'Loop')!.attribute.find(({ g }) => g)!.g!.node

describe('what is emitted', () => {
  it('is emitted once where two nodes are equal, also from inside a loop', () => {
    const a = x('a', [3])
    assert.deepEqual(ops(emitted([a.exp().add(a.exp()), a.exp()])), ['Exp', 'Add'])
    const { carried } = scan(2, [a], ([h]) => ({ carried: [h!.add(a.exp())] }))
    const nodes = emitted([a.exp(), carried[0]!])
    assert.equal(ops(nodes).filter((op) => op === 'Exp').length, 1)
    assert.ok(!ops(body(nodes)).includes('Exp'))
  })

  it('knows the node of the graph that it was lowered from, a loop itself and what runs in it', () => {
    const a = x('a', [3])
    const { carried } = scan(2, [a.exp()], ([h]) => ({ carried: [h!.tanh()] }))
    const origins = new Map<string, Node>()
    const emitter = emitterFor('cpu', { origins })
    emitter.emit([carried[0]!.neg()], undefined)
    emitter.raw('Identity', [], ['a name of a result'])
    const told = Array.from(origins, ([name, { op }]) => `${name.replace(/_.*/, '')} ${op}`)
    assert.deepEqual(told.filter((line) => !line.startsWith('Identity')).sort(), [
      'Exp exp',
      'Loop loop',
      'Neg neg',
      'Tanh tanh',
    ])
    assert.ok(!origins.has('a name of a result'))
  })

  it('is two nodes where the attributes differ', () => {
    const a = x('a', [2, 2, 2])
    assert.deepEqual(ops(emitted([a.transpose([1, 0, 2]), a.transpose([0, 2, 1])])), ['Transpose', 'Transpose'])
  })

  it('is not shared between two bodies, though both make it from what lies outside', () => {
    const [a, w] = [x('a', [2, 2]), x('w', [2, 2])]
    const loop = (): Tensor => scan(2, [a], ([h]) => ({ carried: [quantizedProduct(h!, w)] })).carried[0]!
    const loops = emitted([loop(), loop()]).filter(({ opType }) => opType === 'Loop')
    assert.equal(loops.length, 2)
    for (const node of loops) assert.equal(ops(body([node])).filter((op) => op === 'QuantizeLinear').length, 1)
  })

  it('lies outside of the loop where it depends on nothing inside', () => {
    const [a, w] = [x('a', [2, 2]), x('w', [2, 2])]
    const { carried } = scan(5, [a], ([h]) => ({ carried: [h!.matmul(w.tanh().transpose())] }))
    const nodes = emitted(carried)
    assert.deepEqual(ops(nodes), ['Tanh', 'Transpose', 'Loop'])
    assert.deepEqual(ops(body(nodes)), ['Identity', 'MatMul'])
  })

  it('holds the states before each iteration only where a gradient reads them', () => {
    const a = x('a', [2])
    const { carried } = scan(5, [a], ([h]) => ({ carried: [h!.tanh()], outputs: [h!.sum()] }))
    const loops = (outputs: Tensor[]): number[] =>
      emitted(outputs)
        .filter(({ opType }) => opType === 'Loop')
        .map(({ output }) => output.length)
    assert.deepEqual(loops(carried), [1])
    assert.deepEqual(loops(grad(carried[0]!.sum(), [a])), [2, 1])
  })

  it('rounds an operand of two 8-bit products once', () => {
    const [a, b] = [x('a', [2, 3]), x('b', [3, 4])]
    const product = quantizedProduct(a, b)
    const [slope] = grad(product.sum(), [b])
    const names = ops(emitted([product, slope!]))
    assert.equal(names.filter((op) => op === 'DynamicQuantizeLinear').length, 1)
    assert.equal(names.filter((op) => op === 'MatMulInteger').length, 2)
  })
})

async function run(bytes: Uint8Array, feeds: Record<string, ort.Tensor>): Promise<Record<string, number[]>> {
  const session = await ort.InferenceSession.create(bytes)
  const results = Object.entries(await session.run(feeds))
  return Object.fromEntries(results.map(([name, { data }]) => [name, Array.from(data as Float32Array, Number)]))
}

const floats = (data: number[], dims: number[]): ort.Tensor => new ort.Tensor('float32', Float32Array.from(data), dims)

describe('programs', () => {
  it('of many steps give what the same steps give one at a time', async () => {
    const [w, rate, batch] = [x('w', [2]), x('rate', []), x('batch', [3, 2])]
    const loss = batch.mul(w).sum(-1).sub(1).square().mean()
    const [slope] = grad(loss, [w])
    const step = {
      state: [{ name: 'w', input: w, output: w.sub(slope!.mul(rate)) }],
      batch: [
        { name: 'batch', input: batch },
        { name: 'rate', input: rate },
      ],
      metrics: [{ name: 'loss', output: loss }],
    }
    const data = [1, 2, 3, 4, 5, 6, -1, 0, 1, 2, 0, 1, 0.5, 0.5, 2, 1, 1, 2].map((value) => value / 4)
    const rates = [0.1, 0.2, 0.05]
    let state = [0.5, -0.25]
    const losses: number[] = []
    const single = lowerStep(step, 'cpu').bytes
    for (const [i, value] of rates.entries()) {
      const feeds = {
        w: floats(state, [2]),
        batch: floats(data.slice(6 * i, 6 * i + 6), [3, 2]),
        rate: floats([value], []),
      }
      const result = await run(single, feeds)
      state = result['out.w']!
      losses.push(result['metric.loss']![0]!)
    }
    const together = await run(lowerLoop(step, 'cpu').bytes, {
      steps: new ort.Tensor('int64', BigInt64Array.of(3n), []),
      w: floats([0.5, -0.25], [2]),
      batch: floats(data, [3, 3, 2]),
      rate: floats(rates, [3]),
    })
    assert.deepEqual(together['out.w'], state)
    assert.deepEqual(together['metric.loss'], losses)
  })

  it('add up more than 66,311 products of bytes without overflow', async () => {
    // Every other product is zero, so that 127 levels do not saturate in sums of two either.
    const inner = 140_000
    const [a, b] = [x('a', [1, inner]), x('b', [inner, 1])]
    const output = quantizedProduct(a, b, {}, 127)
    const inputs = [a, b].map((tensor) => ({ name: tensor.node.attributes.name, input: tensor }))
    const { bytes } = lowerStep({ state: [], batch: inputs, metrics: [{ name: 'y', output }] }, 'cpu')
    const alternating = Array.from({ length: inner }, (_, i) => (i + 1) % 2)
    const ones = new Array<number>(inner).fill(1)
    const result = await run(bytes, { a: floats(alternating, [1, inner]), b: floats(ones, [inner, 1]) })
    assert.ok(Math.abs(result['metric.y']![0]! - inner / 2) < 0.05, String(result['metric.y']))
  })
})
