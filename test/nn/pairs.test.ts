import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, type Tensor } from '../../src/graph/index.js'
import { classPairs, cosineEmbedding, cosineEmbeddingOfAll, supervisedContrast } from '../../src/nn/index.js'
import { stream } from '../../src/random/stream.js'
import { close, differences, normals, numbers, slopes, whole } from './evaluate.js'

function drawn(labels: number[], k = 0): { partner: number[]; alike: boolean[] } {
  const n = labels.length
  const u = new Float32Array(n * n)
  stream(3, k, 'partners').uniform(u)
  const { partner, alike } = classPairs(whole(...labels), constant(u, [n, n]))
  return { partner: numbers(partner), alike: numbers(alike.cast('float32')).map(Boolean) }
}

test('half of the pairs are of one class, half of two, and the flags say which', () => {
  const labels = Array.from({ length: 40 }, (_, i) => (i * 7) % 4)
  for (let k = 0; k < 50; k++) {
    const { partner, alike } = drawn(labels, k)
    for (const [i, own] of labels.entries()) {
      assert.equal(alike[i], own === labels[partner[i]!], `flag of row ${i}`)
      assert.equal(alike[i], i % 2 === 0)
      assert.notEqual(partner[i], i)
    }
  }
})

test('everyone who qualifies comes equally often', () => {
  const labels = [0, 1, 0, 1, 0, 2, 0, 1]
  const counts = labels.map(() => labels.map(() => 0))
  const rounds = 3000
  for (let k = 0; k < rounds; k++) for (const [i, j] of drawn(labels, k).partner.entries()) counts[i]![j]!++
  for (const [i, row] of counts.entries())
    for (const [j, count] of row.entries()) {
      const wanted = (a: number, b: number) =>
        i % 2 === 0 ? labels[a] === labels[b] && a !== b : labels[a] !== labels[b]
      const qualified = labels.filter((_, other) => wanted(i, other)).length
      const expected = wanted(i, j) ? rounds / qualified : 0
      // Five standard deviations of a binomial count.
      assert.ok(Math.abs(count - expected) <= 5 * Math.sqrt(expected), `${i} with ${j}: ${count}, expected ${expected}`)
    }
})

test('a partner of the same class is the row itself only if there is no other', () => {
  const { partner, alike } = drawn([0, 1, 2, 1])
  assert.deepEqual([partner[0], alike[0]], [0, true])
  assert.deepEqual([partner[2], alike[2]], [2, true])
  assert.notEqual(partner[1], 1)
  assert.deepEqual(drawn([5]), { partner: [0], alike: [true] })
})

test('where all are of one class, the pairs are alike, and nobody is his own partner', () => {
  for (let k = 0; k < 20; k++) {
    const { partner, alike } = drawn([1, 1, 1, 1], k)
    assert.ok(alike.every(Boolean))
    assert.ok(partner.every((j, i) => j !== i))
  }
})

test('the embedding of all pairs is that of single pairs, alike and unlike ones with half the weight each', () => {
  const [a, b] = [normals('a', [3, 4]), normals('b', [2, 4])]
  const alike = [true, false, false, true, false, false]
  const flags = constant(alike.map(Number), [3, 2]).greater(0)
  const margin = -0.3
  let [same, different] = [0, 0]
  alike.forEach((flag, k) => {
    const [i, j] = [Math.floor(k / 2), k % 2]
    const one = constant([Number(flag)]).greater(0)
    const [loss] = numbers(cosineEmbedding(a.slice(0, i, i + 1), b.slice(0, j, j + 1), one, margin))
    if (flag) same += loss! / 2
    else different += loss! / 4
  })
  const loss = cosineEmbeddingOfAll(a, b, flags, margin)
  close(numbers(loss), [(same + different) / 2], 1e-10)
  for (const x of [a, b]) close(slopes(loss, x), differences(loss, x), 1e-8)
  const none = constant([0, 0, 0, 0, 0, 0], [3, 2]).greater(0)
  assert.ok(Number.isFinite(numbers(cosineEmbeddingOfAll(a, b, none))[0]!))
})

test('the supervised contrast is the mean cross-entropy of the cosines over alike rows, both ways', () => {
  const [a, b] = [normals('a', [3, 4]), normals('b', [3, 4])]
  const labels = [0, 1, 0]
  const alike = labels.map((one) => labels.map((other) => one === other))
  const temperature = 0.4
  const rows = (x: Tensor): number[][] => [0, 1, 2].map((i) => [...numbers(x)].slice(4 * i, 4 * i + 4))
  const dot = (u: readonly number[], v: readonly number[]): number => u.reduce((sum, one, k) => sum + one * v[k]!, 0)
  const cosine = (u: readonly number[], v: readonly number[]): number => dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v))
  const oneWay = (from: readonly number[][], to: readonly number[][]): number => {
    let sum = 0
    for (const [i, u] of from.entries()) {
      const logits = to.map((v) => cosine(u, v) / temperature)
      const total = Math.log(logits.reduce((all, l) => all + Math.exp(l), 0))
      const chosen = logits.filter((_, j) => alike[i]![j])
      sum -= chosen.reduce((all, l) => all + l - total, 0) / chosen.length
    }
    return sum / from.length
  }
  const loss = supervisedContrast(a, b, constant(alike.flat().map(Number), [3, 3]).greater(0), temperature)
  close(numbers(loss), [(oneWay(rows(a), rows(b)) + oneWay(rows(b), rows(a))) / 2], 1e-10)
  for (const x of [a, b]) close(slopes(loss, x), differences(loss, x), 1e-8)
})
