// Aggregations beside what can be worked out by hand or by a plain definition.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clipped, clippedToMedian } from '../../../src/distributed/federated/aggregate/clip.js'
import { average, sharesOf } from '../../../src/distributed/federated/aggregate/mean.js'
import { krumScores, median, multiKrum, trimmedMean } from '../../../src/distributed/federated/aggregate/robust.js'
import { adam, momentum } from '../../../src/distributed/federated/aggregate/server.js'
import { AGGREGATIONS, aggregate } from '../../../src/distributed/federated/aggregate/table.js'
import { normOf, type Update } from '../../../src/distributed/federated/aggregate/update.js'
import { stream } from '../../../src/random/stream.js'

const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-6): void => {
  assert.equal(a.length, b.length)
  for (let i = 0; i < a.length; i++) assert.ok(Math.abs(a[i]! - b[i]!) <= tolerance, `${i}: ${a[i]} and ${b[i]}`)
}

function normals(length: number, name: string): Float32Array {
  const out = new Float32Array(length)
  stream(1, 0, name).normal(out)
  return out
}

const updates = (count: number, length = 50, samples = (k: number) => 10 + k): Update[] =>
  Array.from({ length: count }, (_, k) => ({ client: `c${k}`, delta: normals(length, `c${k}`), samples: samples(k) }))

const of = (own: readonly Update[]): Float32Array[] => own.map(({ delta }) => delta)

test('the mean by samples is the sum of n_k delta_k over n, and a claim is capped', () => {
  const own = [
    { client: 'a', delta: Float32Array.of(1, 2), samples: 1 },
    { client: 'b', delta: Float32Array.of(4, -1), samples: 3 },
  ]
  near(average(own, 100), [3.25, -0.25])
  near(average(own, 1), [2.5, 0.5])
  // The median claim is 10: a million counts as 30.
  near(sharesOf([10, 10, 10, 1e6]), [1 / 6, 1 / 6, 1 / 6, 1 / 2])
})

test('momentum and Adam of the server are the formulas of their papers', () => {
  const deltas = [Float32Array.of(1, -2), Float32Array.of(0.5, 1)]
  let state = {}
  const steps = deltas.map((delta) => {
    const made = momentum.step(delta, state, 0.5)
    state = made.state
    return made.step
  })
  near(steps[0]!, [0.5, -1])
  near(steps[1]!, [0.5 * (0.9 + 0.5), 0.5 * (-1.8 + 1)])
  let kept = {}
  let last = new Float32Array()
  const [m, v] = [
    [0, 0],
    [0, 0],
  ]
  for (const delta of deltas) {
    const made = adam.step(delta, kept, 0.1)
    kept = made.state
    last = made.step as typeof last
    for (let i = 0; i < 2; i++) {
      m[i] = 0.9 * m[i]! + 0.1 * delta[i]!
      v[i] = 0.99 * v[i]! + 0.01 * delta[i]! ** 2
    }
  }
  near(
    last,
    m.map((value, i) => (0.1 * value) / (Math.sqrt(v[i]!) + 0.001)),
  )
})

test('clipping keeps the direction and bounds the length, and leaves what is short', () => {
  near(clipped(Float32Array.of(3, 4), 1), [0.6, 0.8])
  near(clipped(Float32Array.of(0.3, 0.4), 1), [0.3, 0.4])
  const own = [1, 2, 300].map((length, k) => ({ client: `${k}`, delta: Float32Array.of(length, 0), samples: 1 }))
  assert.deepEqual(
    clippedToMedian(own, []).map(({ delta }) => normOf(delta)),
    [1, 2, 2],
  )
  assert.deepEqual(
    clippedToMedian(own, [1, 1, 1]).map(({ delta }) => normOf(delta)),
    [1, 1, 1],
  )
})

test('trimmed mean and median are those of sorted columns', () => {
  for (const count of [5, 10]) {
    const own = of(updates(count))
    const columns = Array.from({ length: 50 }, (_, i) => own.map((delta) => delta[i]!).sort((a, b) => a - b))
    const cut = count / 5
    near(
      trimmedMean(own, 0.2),
      columns.map((column) => column.slice(cut, -cut).reduce((a, b) => a + b) / (count - 2 * cut)),
    )
    near(
      median(own),
      columns.map((column) => (column[(count - 1) >> 1]! + column[count >> 1]!) / 2),
    )
  }
  near(trimmedMean(of(updates(4)), 0), average(updates(4, 50, () => 1)), 1e-6)
  assert.throws(() => trimmedMean([Float32Array.of(1), Float32Array.of(2)], 0.5), /leaves none of 2/)
})

test('Krum scores sum the squared distances to the nearest others, and Multi-Krum leaves the far ones out', () => {
  const own = [0, 1, 3, 10, 11].map((value) => Float32Array.of(value))
  // f = 1: the two nearest others of each.
  assert.deepEqual([...krumScores(own, 1)], [1 + 9, 1 + 4, 4 + 9, 1 + 49, 1 + 64])
  near(multiKrum(own, 0.2), [(0 + 1 + 3 + 10) / 4])
  assert.throws(() => krumScores(own, 2), /needs 7 updates, and there are 5/)
})

test('two of ten that lie move a robust aggregation little and the plain mean far', () => {
  const centre = normals(200, 'centre')
  const honest = Array.from({ length: 8 }, (_, k) => {
    const noise = normals(200, `noise ${k}`)
    return centre.map((value, i) => value + 0.3 * noise[i]!)
  })
  const attacks: Record<string, Float32Array> = {
    flip: centre.map((value) => -value),
    scale: centre.map((value) => 100 * value),
    noise: normals(200, 'hostile').map((value) => 30 * value),
  }
  const distance = (a: Float32Array, b: Float32Array): number => normOf(a.map((value, i) => value - b[i]!)) / normOf(b)
  for (const [name, attack] of Object.entries(attacks)) {
    const all = [...honest, attack, attack].map((delta, k) => ({ client: `c${k}`, delta, samples: 10 }))
    const made = (how: keyof typeof AGGREGATIONS) =>
      distance(aggregate(how, all, { trim: 0.2 }, { norms: [], state: {} }).step, centre)
    for (const how of ['trimmed-mean', 'median', 'krum'] as const)
      assert.ok(made(how) < 0.25, `${name}, ${how}: ${made(how)}`)
    assert.ok(made('mean') > 0.35, `${name}: ${made('mean')}`)
  }
})

test('an update without any change has no weight, and the order of clients does not matter', () => {
  const own = updates(3)
  const still = { client: 'b', delta: new Float32Array(50), samples: 1000 }
  for (const how of Object.keys(AGGREGATIONS) as (keyof typeof AGGREGATIONS)[]) {
    const made = (list: readonly Update[]) => [...aggregate(how, list, { trim: 0 }, { norms: [], state: {} }).step]
    assert.deepEqual(made([still, ...own]), made(own), how)
    assert.deepEqual(made([own[2]!, own[0]!, own[1]!]), made(own), how)
    assert.deepEqual(made([still]), [...new Float32Array(50)], how)
  }
})
