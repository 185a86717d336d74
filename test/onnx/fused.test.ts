import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interpret, reachable, type Tensor, value } from '../../src/graph/index.js'
import { input } from '../../src/graph/tensor.js'
import { multiplyAdds } from '../../src/onnx/fused.js'
import type { StepGraph } from '../../src/onnx/index.js'

const SIZE = 2 ** 14

const named = (name: string, kind: 'state' | 'data', shape: readonly number[]): Tensor =>
  input({ name, kind, shape, dtype: 'float32' })

/** A step of one tensor of the state. */
function stepWith(build: (w: Tensor, x: Tensor, c: Tensor) => Tensor, size = SIZE): StepGraph {
  const [w, x, c] = [named('w', 'state', [size]), named('x', 'data', [size]), named('c', 'data', [])]
  return {
    state: [{ name: 'w', input: w, output: build(w, x, c) }],
    batch: [
      { name: 'x', input: x },
      { name: 'c', input: c },
    ],
    metrics: [],
  }
}

const fusedIn = (graph: StepGraph): number =>
  reachable(graph.state.map(({ output }) => output)).filter(({ op }) => op === 'multiplyAdd').length

const resultOf = ({ state, batch }: StepGraph): Float64Array => {
  const ports = [...state, ...batch].map(({ input }) => input)
  const numbers = ports.map((x, k) => Float64Array.from({ length: x.size }, (_, i) => Math.sin(i + 5 * k)))
  const bindings = new Map(ports.map((x, k) => [x, value(x, numbers[k]!)]))
  return interpret([state[0]!.output], bindings)[0]!.data
}

const STEPS: Record<string, { build: Parameters<typeof stepWith>[0]; own: number; all: number; size?: number }> = {
  'a number times a tensor, and another': { build: (w, x, c) => w.mul(c).add(x.square()), own: 1, all: 1 },
  'the other way about': { build: (w, x, c) => x.square().add(c.mul(w)), own: 1, all: 1 },
  'a difference': { build: (w, x, c) => x.square().sub(w.mul(c)), own: 1, all: 1 },
  'a difference from the state': { build: (w, x, c) => w.sub(x.mul(c)), own: 0, all: 1 },
  'a product less something': { build: (w, x, c) => x.mul(c).sub(w.square()), own: 0, all: 0 },
  'a product that is read twice': { build: (w, x, c) => ((p) => p.add(w.square()).mul(p))(x.mul(c)), own: 0, all: 0 },
  'two tensors': { build: (w, x) => w.mul(x).add(x.square()), own: 0, all: 0 },
  'few numbers': { build: (w, x, c) => w.mul(c).add(x.square()), own: 0, all: 0, size: 8 },
}

for (const [what, { build, own, all, size }] of Object.entries(STEPS))
  test(`in one pass, or not: ${what}`, () => {
    const step = stepWith(build, size)
    // Over what a turn of the loop is given nothing may be written.
    assert.equal(fusedIn(multiplyAdds(step, false)), own)
    const fused = multiplyAdds(step, true)
    assert.equal(fusedIn(fused), all)
    assert.deepEqual(resultOf(fused), resultOf(step))
  })
