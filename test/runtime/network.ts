import { grad, input, interpret, type Tensor, type Value, value } from '../../src/graph/index.js'
import type { StepGraph } from '../../src/onnx/program.js'
import type { TensorRecord } from '../../src/runtime/program.js'

const DEVICES = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }

/** Numbers in [-1, 1) that depend on the seed alone. */
export function numbers(count: number, seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** A network of two layers that learns one-hot labels by momentum, counts its steps and keeps a constant scale. */
export function network(rows = 8, sizes: readonly [number, number, number] = [6, 5, 3]): StepGraph {
  const state = (name: string, shape: number[]): Tensor => input({ name, kind: 'state', shape, dtype: 'float32' })
  const [w1, w2] = [state('w1', [sizes[0], sizes[1]]), state('w2', [sizes[1], sizes[2]])]
  const moments = [state('m1', [...w1.shape]), state('m2', [...w2.shape])]
  const count = input({ name: 'count', kind: 'state', shape: [], dtype: 'int32' })
  const scale = state('scale', [sizes[1]])
  const x = input({ name: 'x', kind: 'data', shape: [rows, sizes[0]], dtype: 'float32' })
  const labels = input({ name: 'labels', kind: 'labels', shape: [rows, sizes[2]], dtype: 'float32' })
  const keep = input({ name: 'keep', kind: 'noise', shape: [rows, sizes[1]], dtype: 'bool' })
  const hidden = keep.select(x.matmul(w1).mul(scale).tanh(), 0)
  const error = hidden.matmul(w2).sub(labels)
  const loss = error.square().mean()
  const next = moments.map((m, i) => m.mul(0.9).add(grad(loss, [w1, w2])[i]!))
  return {
    state: [
      { name: 'w1', input: w1, output: w1.sub(next[0]!.mul(0.1)) },
      { name: 'w2', input: w2, output: w2.sub(next[1]!.mul(0.1)) },
      { name: 'm1', input: moments[0]!, output: next[0]! },
      { name: 'm2', input: moments[1]!, output: next[1]! },
      { name: 'count', input: count, output: count.add(1) },
      { name: 'scale', input: scale, output: scale },
    ],
    batch: [
      { name: 'x', input: x },
      { name: 'labels', input: labels },
      { name: 'keep', input: keep },
    ],
    metrics: [
      { name: 'loss', output: loss },
      { name: 'errors', output: error.mean(0) },
      { name: 'count', output: count },
    ],
  }
}

export function initialState({ state }: StepGraph): TensorRecord {
  return Object.fromEntries(
    state.map(({ name, input: { size, dtype } }, i) => [name, DEVICES[dtype].from(numbers(size, 7 + i))]),
  )
}

export function batches({ batch }: StepGraph, steps: number, seed = 1): TensorRecord {
  return Object.fromEntries(
    batch.map(({ name, input: { size, dtype } }, i) => {
      const drawn = numbers(size * steps, seed + i)
      return [name, DEVICES[dtype].from(dtype === 'bool' ? drawn.map((x) => Number(x > -0.5)) : drawn)]
    }),
  )
}

/** The steps `from`, ..., `to` - 1 of a stacked batch, in buffers of their own. */
export function part({ batch }: StepGraph, all: TensorRecord, from: number, to: number): TensorRecord {
  const rows = batch.map(({ name, input: { size } }) => [name, all[name]!.slice(from * size, to * size)])
  return Object.fromEntries(rows)
}

/** The oracle: the interpreter, step by step, in float64. */
export function interpretSteps(graph: StepGraph, start: TensorRecord, batch: TensorRecord, steps: number) {
  let state = graph.state.map(({ name, input }) => value(input, start[name]!))
  const metrics = graph.metrics.map((): number[] => [])
  for (let k = 0; k < steps; k++) {
    const bindings = new Map<Tensor, Value>(graph.state.map(({ input }, i) => [input, state[i]!]))
    for (const { name, input } of graph.batch)
      bindings.set(input, value(input, batch[name]!.subarray(k * input.size, (k + 1) * input.size)))
    const results = interpret(
      [...graph.state, ...graph.metrics].map(({ output }) => output),
      bindings,
    )
    state = results.slice(0, graph.state.length)
    for (const [i, list] of metrics.entries()) list.push(...results[graph.state.length + i]!.data)
  }
  return {
    state: Object.fromEntries(graph.state.map(({ name }, i) => [name, Array.from(state[i]!.data)])),
    metrics: Object.fromEntries(graph.metrics.map(({ name }, i) => [name, metrics[i]!])),
  }
}

/** The largest difference between records of numbers, relative to the largest number of the tensor (at least 1). */
export function difference(a: Record<string, ArrayLike<number>>, b: Record<string, ArrayLike<number>>): number {
  if (Object.keys(a).sort().join() !== Object.keys(b).sort().join()) return Number.POSITIVE_INFINITY
  let worst = 0
  for (const [name, expected] of Object.entries(b)) {
    const actual = a[name]!
    if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
    const size = Math.max(1, ...Array.from(expected, Math.abs))
    for (let i = 0; i < expected.length; i++) {
      const off = Math.abs(actual[i]! - expected[i]!) / size
      if (!(off <= worst)) worst = off
    }
  }
  return worst
}
