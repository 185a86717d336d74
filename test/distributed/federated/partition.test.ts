// How a data set is shared among clients.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DataSet } from '../../../src/data/index.js'
import { type Alpha, partition } from '../../../src/distributed/federated/partition/skew.js'

const CLASSES = 10
const data = (count = 5000): Pick<DataSet, 'train' | 'target'> => ({
  target: { kind: 'class', count: CLASSES },
  train: { inputs: new Uint8Array(count), targets: Uint8Array.from({ length: count }, (_, i) => i % CLASSES), count },
})

/** The mean over clients of the largest share of one class, and of the number of classes that it has. */
function skewOf(parts: readonly Uint32Array[], targets: ArrayLike<number>): { share: number; classes: number } {
  const each = parts.map((places) => {
    const counts = new Float64Array(CLASSES)
    for (const place of places) counts[targets[place]!]! += 1 / places.length
    return { share: Math.max(...counts), classes: counts.filter((share) => share > 0).length }
  })
  const mean = (of: 'share' | 'classes'): number => each.reduce((sum, own) => sum + own[of], 0) / each.length
  return { share: mean('share'), classes: mean('classes') }
}

test('every sample has one client, and clients have as many as each other', () => {
  for (const alpha of ['even', 100, 1, 0.1, 0.01] as Alpha[])
    for (const clients of [1, 3, 10]) {
      const parts = partition(data(), clients, alpha, 4)
      const all = parts.flatMap((part) => [...part]).sort((a, b) => a - b)
      assert.deepEqual(
        all,
        Array.from({ length: 5000 }, (_, i) => i),
      )
      const sizes = parts.map(({ length }) => length)
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${alpha}: ${sizes}`)
      for (const part of parts)
        assert.deepEqual(
          [...part],
          [...part].sort((a, b) => a - b),
        )
    }
})

test('the smaller alpha is, the fewer classes a client has', () => {
  const skews = (['even', 100, 1, 0.1, 0.01] as Alpha[]).map((alpha) => {
    const own = data()
    return skewOf(partition(own, 10, alpha, 4), own.train.targets!)
  })
  const shares = skews.map(({ share }) => share)
  assert.ok(shares[0]! < 0.14 && shares[1]! < 0.25, `${shares}`)
  for (let i = 1; i < shares.length; i++) assert.ok(shares[i]! > shares[i - 1]!, `${shares}`)
  // Where several clients want one class alone, those that come later have to take others.
  assert.ok(shares[4]! > 0.45 && skews[4]!.classes < 5, `${shares[4]}, ${skews[4]!.classes}`)
})

test('shares follow the Dirichlet distribution: alpha 1 over ten equal classes', () => {
  // Each client's share of a class is Beta(alpha/10, 9 alpha/10) with alpha times the shares of the set as
  // concentrations: mean 0.1, variance 0.1 * 0.9 / (alpha + 1). Few clients of many samples run no class dry.
  const count = 2000
  const own = data(count)
  const squares: number[] = []
  for (let seed = 0; seed < 60; seed++) {
    const [first] = partition(own, 20, 1, seed)
    const counts = new Float64Array(CLASSES)
    for (const place of first!) counts[own.train.targets![place]!]! += 1 / first!.length
    squares.push(...counts.map((share) => (share - 0.1) ** 2))
  }
  const variance = squares.reduce((a, b) => a + b) / squares.length
  // A hundred samples a client add their own scatter, and the last ones take what is left.
  assert.ok(variance > 0.03 && variance < 0.055, `${variance}`)
})

test('the same seed gives the same parts, another one others', () => {
  for (const alpha of ['even', 0.5] as Alpha[]) {
    const made = (seed: number) => partition(data(), 4, alpha, seed).map((part) => [...part])
    assert.deepEqual(made(1), made(1))
    assert.notDeepEqual(made(1), made(2))
  }
})

test('what cannot be shared is refused', () => {
  assert.throws(() => partition(data(5), 6, 'even', 0), /6 clients cannot share 5 samples/)
  assert.throws(() => partition(data(), 2, 0, 0), /alpha is even or a number above 0/)
  const values = { ...data(), target: { kind: 'values', count: 1 } as const }
  assert.throws(() => partition(values, 2, 1, 0), /have none: choose --alpha even/)
})
