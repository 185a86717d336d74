import assert from 'node:assert/strict'
import test from 'node:test'
import { conv2d } from '../../src/graph/functions.js'
import { grad, input, scan, type Tensor } from '../../src/graph/index.js'
import { flopOf } from '../../src/meter/flop.js'
import { backprop } from '../../src/rules/backprop.js'
import { taskFor } from '../../src/rules/task.js'
import { traceRule } from '../../src/rules/trace.js'

const data = (...shape: number[]): Tensor => input({ name: 'x', kind: 'data', shape, dtype: 'float32' })
const flop = (...outputs: Tensor[]): number =>
  flopOf({ state: [], metrics: outputs.map((output, i) => ({ name: `m${i}`, output })) })

test('products: twice m k n, however the operands lie, and for each matrix of a batch', () => {
  assert.equal(flop(data(3, 4).matmul(data(4, 5))), 2 * 3 * 4 * 5)
  assert.equal(flop(data(4, 3).matmul(data(5, 4), { transposeA: true, transposeB: true })), 2 * 3 * 4 * 5)
  assert.equal(flop(data(7, 3, 4).matmul(data(7, 4, 5))), 7 * 2 * 3 * 4 * 5)
  assert.equal(flop(data(3, 4).exp().sum()), 0)
})

test('convolutions: for each output two for each weight over it; the same again for each gradient', () => {
  const [x, w] = [data(2, 6, 8, 8), data(4, 3, 3, 3)]
  const y = conv2d(x, w, { padding: 'same', groups: 2 })
  const forward = 2 * (2 * 4 * 8 * 8) * (3 * 3 * 3)
  assert.equal(flop(y), forward)
  assert.equal(flop(grad(y.sum(), [w])[0]!), forward)
  assert.equal(flop(...grad(y.square().sum(), [w, x])), 3 * forward)
})

test('a loop counts as often as it runs, one inside of another as often as both do', () => {
  const w = data(4, 4)
  const { carried } = scan(5, [data(3, 4)], ([x]) => {
    const inner = scan(2, [x!], ([y]) => ({ carried: [y!.matmul(w)] }))
    return { carried: [inner.carried[0]!.matmul(w)] }
  })
  assert.equal(flop(carried[0]!), 5 * (2 + 1) * 2 * 3 * 4 * 4)
})

test('backpropagation in a dense network: three products a layer, but two in the first', () => {
  const task = taskFor({ input: { shape: [1, 5, 5] }, target: { kind: 'class', count: 3 } }, { batch: 10 })
  const { joint } = traceRule(backprop, task, backprop.hyper.parse({ units: [7, 6] })).steps
  assert.equal(flopOf(joint!), 2 * 10 * (2 * 25 * 7 + 3 * 7 * 6 + 3 * 6 * 3))
})
