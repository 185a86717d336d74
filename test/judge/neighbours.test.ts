import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bitsPerDimension, importanceBounds } from '../../src/judge/likelihood.js'
import { precisionRecall } from '../../src/judge/neighbours.js'
import { principalComponents, projected } from '../../src/judge/principal.js'
import { normals, vectors } from './vectors.js'

const line = (...places: readonly number[]): Float32Array => Float32Array.from(places)

test('precision and recall of sets made by hand', () => {
  const real = line(0, 1, 2, 3, 10, 11, 12, 13)
  // With one neighbour every real image reaches 1 far. Of the drawn ones 0.5 and 4 are reached, 6 and 20 are not.
  const drawn = line(0.5, 4, 6, 20)
  assert.equal(precisionRecall(real, drawn, 1, { neighbours: 1 }).precision, 0.5)
  // 0.5 reaches 3.5, 4 and 6 reach 2, 20 reaches 14: 0 to 3 and, by 20, all from 10 on.
  assert.equal(precisionRecall(real, drawn, 1, { neighbours: 1 }).recall, 1)
  assert.equal(precisionRecall(real, line(0.5, 4, 6), 1, { neighbours: 1 }).recall, 0.5)
  // With three neighbours 0 and 3 reach 3, so that 6 is reached too.
  assert.equal(precisionRecall(real, drawn, 1).precision, 0.75)
})

test('one mode alone: all of it good, half of the images missed; the same set: both are 1', () => {
  const [left, right] = [vectors('left', 60, 4), vectors('right', 60, 4).map((x) => x + 1000)]
  const real = Float32Array.from([...left, ...right])
  assert.deepEqual(precisionRecall(real, real, 4), { precision: 1, recall: 1 })
  const { precision, recall } = precisionRecall(real, left, 4)
  assert.deepEqual([precision, recall], [1, 0.5])
  const far = precisionRecall(
    real,
    left.map((x) => x - 5000),
    4,
  )
  assert.deepEqual(far, { precision: 0, recall: 0 })
  // Copies of one image are good, and cover what lies where they lie: that image alone.
  const copies = Float32Array.from({ length: 40 }, (_, i) => left[i % 4]!)
  assert.deepEqual(precisionRecall(real, copies, 4), { precision: 1, recall: 1 / 120 })
})

test('principal components: the axes of a known spread, the same by covariance and by products of rows', () => {
  // Variances 9, 4 and 1 along rotated axes, and two numbers that follow the others.
  const noise = normals('pca', 3 * 4000)
  const rows = new Float32Array(5 * 4000)
  const [c, s] = [Math.cos(0.5), Math.sin(0.5)]
  for (let row = 0; row < 4000; row++) {
    const [x, y, z] = [3 * noise[3 * row]!, 2 * noise[3 * row + 1]!, noise[3 * row + 2]!]
    rows.set([c * x - s * y + 8, s * x + c * y, z, 0.25, z], 5 * row)
  }
  const found = principalComponents(rows, 5, 5)
  assert.equal(found.count, 3, 'directions without variance are none')
  const first = [...found.axes.subarray(0, 5)].map(Math.abs)
  for (const [i, wanted] of [c, s, 0, 0, 0].entries()) assert.ok(Math.abs(first[i]! - wanted) < 0.03, `${first}`)
  const seen = projected(found, rows)
  const variance = (k: number): number => {
    const own = Array.from({ length: 4000 }, (_, row) => seen[row * 3 + k]!)
    return own.reduce((sum, x) => sum + x * x, 0) / 4000
  }
  for (const [k, wanted] of [9, 4, 2].entries()) assert.ok(Math.abs(variance(k) / wanted - 1) < 0.07, `${variance(k)}`)

  const wide = vectors('wide', 9, 40)
  const [byRows, byNumbers] = [
    principalComponents(wide, 40, 4),
    principalComponents(Float32Array.from([...wide, ...wide, ...wide, ...wide, ...wide]), 40, 4),
  ]
  for (let k = 0; k < 4; k++) {
    const [p, q] = [byRows, byNumbers].map(({ axes }) => axes.subarray(k * 40, (k + 1) * 40))
    const cosine = p!.reduce((sum, x, i) => sum + x * q![i]!, 0)
    assert.ok(Math.abs(Math.abs(cosine) - 1) < 1e-6, `axis ${k}: ${cosine}`)
  }
})

test('the mean of weights by their logarithms, however small they are', () => {
  const bounds = importanceBounds([
    [-1000, 0, Number.NEGATIVE_INFINITY],
    [-1000 + Math.log(3), Math.log(0.5), Number.NEGATIVE_INFINITY],
  ])
  assert.ok(Math.abs(bounds[0]! - (-1000 + Math.log(2))) < 1e-12)
  assert.ok(Math.abs(bounds[1]! - Math.log(0.75)) < 1e-12)
  assert.equal(bounds[2], Number.NEGATIVE_INFINITY)
})

test('bits per dimension: a guess among 256 levels is 8 bits, in levels and on [0, 1]', () => {
  assert.equal(bitsPerDimension(0, 784, 256), 8)
  assert.ok(Math.abs(bitsPerDimension(-784 * Math.log(256), 784, 1) - 8) < 1e-12)
  // The figures of the specification for 1980.50 nats of MNIST on [0, 1].
  assert.ok(Math.abs(bitsPerDimension(1980.5, 784, 256) - 4.36) < 0.005)
})
