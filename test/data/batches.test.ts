import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatherInputs, order } from '../../src/data/batches.js'
import type { Split } from '../../src/data/dataset.js'
import { holdOut } from '../../src/data/split.js'

test('an order is a permutation that seed and epoch determine', () => {
  const first = order(1000, 5, 3)
  assert.deepEqual(
    [...first].sort((a, b) => a - b),
    [...new Array(1000).keys()],
  )
  assert.deepEqual(order(1000, 5, 3), first)
  assert.notDeepEqual(order(1000, 5, 4), first)
  assert.notDeepEqual(order(1000, 6, 3), first)
  assert.equal(order(0, 1, 1).length, 0)
})

test('all orders of three are equally frequent', () => {
  const counts = new Map<string, number>()
  for (let epoch = 0; epoch < 6000; epoch++) {
    const key = order(3, 1, epoch).join()
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  assert.equal(counts.size, 6)
  // Chi-square with 5 degrees of freedom: 25 is passed once in 7,000 times.
  const chi = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
  assert.ok(chi < 25, `chi-square ${chi}: ${[...counts]}`)
})

test('inputs in levels are level / (levels - 1), rounded once to float32, in the order of the indices', () => {
  const split = { inputs: new Uint8Array([0, 1, 2, 3, 15, 16]) }
  const out = new Float32Array(6)
  gatherInputs({ input: { shape: [2], levels: 17 } }, split, [2, 0, 2], out)
  assert.deepEqual([...out], [15 / 16, 1, 0, 1 / 16, 15 / 16, 1])
  const bytes = { input: { shape: [2], levels: 256 } }
  gatherInputs(bytes, split, [1], out.subarray(0, 2))
  assert.deepEqual([...out.subarray(0, 2)], [Math.fround(2 / 255), Math.fround(3 / 255)])
  assert.throws(
    () => gatherInputs(bytes, split, [0, 1], new Float32Array(3)),
    /2 inputs of 2 numbers need 4 places, not 3/,
  )
})

test('real inputs are standardised at each place of their first axis', () => {
  const split = { inputs: new Float32Array([1, 2, 30, 40, 5, 6, 70, 80]) }
  const samples = { input: { shape: [2, 2] }, inputScale: { mean: [1, 10], deviation: [2, 10] } }
  const out = new Float32Array(4)
  gatherInputs(samples, split, [1], out)
  assert.deepEqual([...out], [2, 2.5, 6, 7])
})

test('holding out takes each group in proportion, once, and keeps the order', () => {
  const count = 1000
  const labels = Uint8Array.from({ length: count }, (_, i) => (i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2))
  // The image of row i is i in two bytes, so that rows can be told.
  const images = Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? i >> 9 : (i >> 1) & 0xff))
  const split = { inputs: images, targets: labels, count }
  const rows = (part: Split) =>
    Array.from({ length: part.count }, (_, i) => part.inputs[2 * i]! * 256 + part.inputs[2 * i + 1]!)
  const { train, validation } = holdOut(split, labels, 105, 7)
  assert.equal(validation.count, 105)
  assert.equal(train.count, 895)
  assert.deepEqual(
    [...rows(train), ...rows(validation)].sort((a, b) => a - b),
    [...new Array(count).keys()],
  )
  for (const part of [train, validation]) {
    assert.deepEqual(
      rows(part),
      rows(part).toSorted((a, b) => a - b),
    )
    assert.deepEqual(
      [...part.targets!],
      rows(part).map((row) => labels[row]),
    )
  }
  // 105 in the proportion 6 : 3 : 1 is 63, 31.5, 10.5: the lower class gets the odd one.
  assert.deepEqual(
    [0, 1, 2].map((label) => [...validation.targets!].filter((l) => l === label).length),
    [63, 32, 10],
  )
  assert.deepEqual(holdOut(split, labels, 105, 7), { train, validation })
  assert.notDeepEqual(rows(holdOut(split, labels, 105, 8).validation), rows(validation))
  assert.equal(holdOut(split, labels, 0, 7).validation.count, 0)
  for (const bad of [-1, 1000, 0.5])
    assert.throws(() => holdOut(split, labels, bad, 7), /from 0 to 999 of the training samples/)
})
