import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepTable } from '../../bench/layer-table.js'
import { placesOf } from '../../bench/step-parts.js'
import { reachable } from '../../src/graph/index.js'
import { flopOf, flopOfNode } from '../../src/meter/flop.js'
import { lowerStep } from '../../src/onnx/index.js'
import { localHeads } from '../../src/rules/local-heads/local-heads.js'
import { taskFor } from '../../src/rules/task.js'
import { traceRule } from '../../src/rules/trace.js'

const BATCH = 4
const [CHANNELS, FIRST, SECOND, HEAD, CLASSES] = [2, 4, 5, 3, 10]

function stepOf(more: { [option: string]: unknown } = {}) {
  const task = taskFor(
    { input: { shape: [CHANNELS, 8, 8] }, target: { kind: 'class', count: CLASSES } },
    { batch: BATCH },
  )
  const own = { units: [FIRST, SECOND], poolAfter: [0], whiten: false, head: 'convolutional', headUnits: HEAD }
  return traceRule(localHeads, task, localHeads.hyper.parse({ ...own, ...more })).steps.joint!
}

/** FLOP an image of each part, by layer and part. */
function flopsOf(step: ReturnType<typeof stepOf>): Map<string, number> {
  const place = placesOf(step)
  const flops = new Map<string, number>()
  for (const node of reachable([...step.state, ...step.metrics].map(({ output }) => output))) {
    const { layer, part } = place(node)
    flops.set(`${layer} ${part}`, (flops.get(`${layer} ${part}`) ?? 0) + flopOfNode(node) / BATCH)
  }
  return flops
}

test('of local heads each layer has its product, its weight gradient, its head, and no input gradient', () => {
  const step = stepOf()
  const flops = flopsOf(step)
  const product = [2 * FIRST * CHANNELS * 9 * 64, 2 * SECOND * FIRST * 9 * 16]
  // The convolution and the linear map of each head, their weight gradients, and what goes down through both.
  const head = [FIRST, SECOND].map((inputs) => 2 * 3 * (HEAD * inputs * 9 * 16 + HEAD * 4 * CLASSES))
  for (const i of [0, 1]) {
    assert.equal(flops.get(`${i} product`), product[i])
    assert.equal(flops.get(`${i} weight gradient`), product[i])
    assert.equal(flops.get(`${i} head`), head[i])
    assert.ok((flops.get(`${i} updates`) ?? 0) > 0)
    assert.equal(flops.get(`${i} point-wise`), 0)
    assert.equal(flops.get(`${i} input gradient`) ?? 0, 0)
  }
  assert.equal(flops.get('0 pooling'), 0)
  const all = [...flops.values()].reduce((a, b) => a + b, 0)
  assert.ok(Math.abs(all - flopOf(step) / BATCH) < 1e-6)
})

test('of backpropagation the last layer alone has a head, and layers above the first an input gradient', () => {
  const flops = flopsOf(stepOf({ heads: 'last', window: 2, readOut: 1 }))
  assert.equal(flops.get('0 head') ?? 0, 0)
  assert.ok(flops.get('1 head')! > 0)
  assert.equal(flops.get('1 input gradient'), flops.get('1 product'))
})

test('every node of ONNX but the names of results knows the node that it was lowered from', () => {
  const step = stepOf()
  const origins = new Map()
  lowerStep(step, 'cpu', { origins })
  const nodes = new Set(reachable([...step.state, ...step.metrics].map(({ output }) => output)))
  assert.ok(origins.size > nodes.size / 2)
  for (const origin of origins.values()) assert.ok(nodes.has(origin))
})

test('a table of a step gives times, speeds and parts of the product speed', () => {
  const text = stepTable(
    [
      { layer: -1, part: 'point-wise', ms: 1, flop: 0 },
      { layer: 0, part: 'product', ms: 2, flop: 1e6 },
      { layer: 0, part: 'head', ms: 3, flop: 2e6 },
    ],
    100,
    200,
  )
  assert.deepEqual(text.split('\n').slice(2), [
    '| images, whitened | 0.0 |  |  | 1.0 ms | 1.0 ms |',
    '| layer 0 | 3.0 | 2.0 ms, 50 GFLOP/s, 25 % | 3.0 ms, 67 GFLOP/s, 33 % |  | 5.0 ms, 60 GFLOP/s, 30 % |',
    '| all | 3.0 | 2.0 ms, 50 GFLOP/s, 25 % | 3.0 ms, 67 GFLOP/s, 33 % | 1.0 ms | 6.0 ms, 50 GFLOP/s, 25 % |',
  ])
})
