import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, type Tensor } from '../../src/graph/index.js'
import { cosineEmbedding, supervisedContrast } from '../../src/nn/index.js'
import { close, differences, normals, numbers, slopes } from './evaluate.js'

const dot = (u: readonly number[], v: readonly number[]): number => u.reduce((sum, one, k) => sum + one * v[k]!, 0)
const cosine = (u: readonly number[], v: readonly number[]): number => dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v))

test('the cosine embedding is the mean over alike pairs and that over unlike ones, with half the weight each', () => {
  const [a, b] = [normals('a', [3, 4]), normals('b', [2, 4])]
  const alike = [true, false, false, true, false, false]
  const flags = constant(alike.map(Number), [3, 2]).greater(0)
  const margin = -0.3
  const rowOf = (x: Tensor, i: number): number[] => numbers(x).slice(4 * i, 4 * i + 4)
  let [same, different] = [0, 0]
  alike.forEach((flag, k) => {
    const cos = cosine(rowOf(a, Math.floor(k / 2)), rowOf(b, k % 2))
    if (flag) same += (1 - cos) / 2
    else different += Math.max(0, cos - margin) / 4
  })
  const loss = cosineEmbedding(a, b, flags, margin)
  close(numbers(loss), [(same + different) / 2], 1e-10)
  for (const x of [a, b]) close(slopes(loss, x), differences(loss, x), 1e-8)
  const none = constant([0, 0, 0, 0, 0, 0], [3, 2]).greater(0)
  assert.ok(Number.isFinite(numbers(cosineEmbedding(a, b, none))[0]!))
})

test('the cosine of a zero vector is 0, with a finite gradient', () => {
  const zero = constant([0, 0], [1, 2])
  const loss = cosineEmbedding(zero, constant([1, 1], [1, 2]), constant([1], [1, 1]).greater(0))
  close(numbers(loss), [0.5])
  assert.ok(slopes(loss, zero).every(Number.isFinite))
})

test('the supervised contrast is the mean cross-entropy of the cosines over alike rows, both ways', () => {
  const [a, b] = [normals('a', [3, 4]), normals('b', [3, 4])]
  const labels = [0, 1, 0]
  const alike = labels.map((one) => labels.map((other) => one === other))
  const temperature = 0.4
  const rows = (x: Tensor): number[][] => [0, 1, 2].map((i) => [...numbers(x)].slice(4 * i, 4 * i + 4))
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
