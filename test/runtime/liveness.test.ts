import assert from 'node:assert/strict'
import test from 'node:test'
import { type DType, grad, input, scan, type Tensor, whileLoop } from '../../src/graph/index.js'
import { liveness } from '../../src/graph/liveness.js'

const data = (shape: readonly number[], dtype: DType = 'float32'): Tensor =>
  input({ name: 'x', kind: 'data', shape, dtype })
const state = (shape: readonly number[]): Tensor => input({ name: 'w', kind: 'state', shape, dtype: 'float32' })
const metric = (output: Tensor) => ({ name: 'm', output })

test('a chain: a tensor lives from the node that makes it to its last reader', () => {
  const x = data([4, 3])
  const w = state([3, 2])
  const h = x.matmul(w) // 32 bytes
  const r = h.relu() // 32, beside h: 64
  const m = r.sum() // 4, beside r
  const next = w.mul(0.5) // 24, beside m; the constant has 4
  const step = { state: [{ input: w, output: next }], batch: [{ input: x }], metrics: [metric(m)] }
  assert.deepEqual(liveness(step), { stateBytes: 24, peakActivationBytes: 64, peakBytes: 24 + 48 + 4 + 64 })
})

test('the next state counts beside the old one, not as an activation', () => {
  const x = data([4])
  const w = state([100])
  const next = w.mul(2) // 400, from here to the end
  const y = x.exp() // 16
  const m = y.sum() // 4
  const step = { state: [{ input: w, output: next }], batch: [{ input: x }], metrics: [metric(m)] }
  assert.deepEqual(liveness(step), { stateBytes: 400, peakActivationBytes: 20, peakBytes: 400 + 16 + 4 + 400 + 20 })
})

test('a state that is handed on takes no second place', () => {
  const w = state([100])
  const step = { state: [{ input: w, output: w }], batch: [], metrics: [metric(w.sum())] }
  assert.deepEqual(liveness(step), { stateBytes: 400, peakActivationBytes: 4, peakBytes: 404 })
})

test('views cost nothing, and keep what they look at', () => {
  const x = data([4, 4])
  const h = x.exp() // 64
  const v = h.reshape([16]).stopGradient().reshape([2, 8])
  const a = x.neg() // 64: 128, since v is still to be read
  const m = v.sum().add(a.sum()) // 4 beside h and a: 132; then both sums: h is gone
  assert.equal(liveness({ state: [], batch: [{ input: x }], metrics: [metric(m)] }).peakActivationBytes, 132)
})

test('each kind of view is one', () => {
  const x = data([4, 4])
  for (const view of [(h: Tensor) => h.reshape([16]), (h: Tensor) => h.stopGradient()]) {
    const step = { state: [], batch: [{ input: x }], metrics: [metric(view(x.exp()).sum())] }
    assert.equal(liveness(step).peakActivationBytes, 64 + 4)
  }
})

test('int32 has four bytes, bool one', () => {
  const x = data([10], 'int32')
  const b = x.greater(3) // 10
  const c = b.not() // 10, beside b
  const step = { state: [], batch: [{ input: x }], metrics: [metric(c)] }
  assert.deepEqual(liveness(step), { stateBytes: 0, peakActivationBytes: 20, peakBytes: 40 + 4 + 20 })
})

test('what nobody needs is not counted', () => {
  const x = data([4])
  x.reshape([2, 2]).matmul(data([2, 1000]))
  assert.equal(liveness({ state: [], batch: [{ input: x }], metrics: [metric(x.sum())] }).peakActivationBytes, 4)
})

test('a loop: the carried values, the body at its worst, and what is stacked', () => {
  const x = data([4])
  const { carried, outputs } = scan(3, [x], ([c]) => {
    const t = c!.mul(2) // 16
    const u = t.add(c!) // 16, beside t: 32
    return { carried: [u], outputs: [u.sum()] } // 4
  })
  const both = { state: [], batch: [{ input: x }], metrics: [metric(carried[0]!), metric(outputs[0]!)] }
  assert.equal(liveness(both).peakActivationBytes, 16 + 32 + 3 * 4)
  const one = { state: [], batch: [{ input: x }], metrics: [metric(carried[0]!)] }
  assert.equal(liveness(one).peakActivationBytes, 16 + 32)
})

test('a loop in a loop, and one that stops by a condition', () => {
  const x = data([4])
  const { carried } = scan(2, [x], ([c]) => {
    const inner = whileLoop(5, [c!], ([d]) => {
      const e = d!.exp() // 16
      return { carried: [e], condition: e.sum().less(9) } // sum 4, bool 1
    })
    return { carried: inner }
  })
  const step = { state: [], batch: [{ input: x }], metrics: [metric(carried[0]!)] }
  // Outer carried 16; inner carried 16, its body 16 + 4 + 1.
  assert.equal(liveness(step).peakActivationBytes, 16 + 16 + 21)
})

test('backpropagation holds the activations of all layers, local learning those of one', () => {
  const size = 1000
  const peakOf = (layers: number, local: boolean): number => {
    const x = data([size])
    const weights = Array.from({ length: layers }, () => state([size]))
    const next: Tensor[] = []
    let h = x
    for (const w of weights) {
      h = (local ? h.stopGradient() : h).mul(w).tanh()
      if (local) next.push(w.sub(grad(h.sum(), [w])[0]!))
    }
    if (!local) next.push(...grad(h.sum(), weights).map((g, i) => weights[i]!.sub(g)))
    const states = weights.map((w, i) => ({ input: w, output: next[i]! }))
    return liveness({ state: states, batch: [{ input: x }], metrics: [] }).peakActivationBytes
  }
  assert.equal(peakOf(8, true), peakOf(4, true))
  assert.ok(peakOf(8, false) - peakOf(4, false) >= 4 * 4 * size)
})
