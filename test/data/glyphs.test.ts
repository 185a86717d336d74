import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { gatherInputs, order } from '../../src/data/batches.js'
import type { Split } from '../../src/data/dataset.js'
import { makeGlyphs } from '../../src/data/glyphs/glyphs.js'
import { makeDataSet } from '../../src/data/registry.js'
import { scaleOf } from '../../src/data/scale.js'

const set = makeDataSet('glyphs')
const bytesOf = ({ inputs, targets }: Split): Uint8Array[] => [inputs as Uint8Array, targets as Uint8Array]
const hash = (...parts: Uint8Array[]) => {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part)
  return sum.digest('hex').slice(0, 16)
}

test('the images are the same bytes everywhere', () => {
  assert.equal(hash(...bytesOf(set.train)), '3bb41cd665306c9f')
  assert.equal(hash(...bytesOf(set.test)), '3226cf9953b3f3be')
})

test('there are 10,000 and 2,000 images, as many of each digit, mostly paper', () => {
  assert.deepEqual(set.input, { shape: [1, 28, 28], levels: 256 })
  for (const [split, count] of [
    [set.train, 10000],
    [set.test, 2000],
  ] as const) {
    assert.equal(split.count, count)
    assert.equal(split.inputs.length, count * 784)
    const counts = new Array<number>(10).fill(0)
    for (const label of split.targets!) counts[label]!++
    assert.deepEqual(counts, new Array(10).fill(count / 10))
  }
  const [mean] = scaleOf(set.train.inputs, 1, 784).mean as [number]
  assert.ok(mean > 0.08 * 255 && mean < 0.2 * 255, `mean ${mean}`)
})

test('seeds and splits draw from streams of their own, and no image comes twice', () => {
  const small = makeGlyphs({ seed: 1, train: 20, test: 20 })
  const again = makeGlyphs({ seed: 1, train: 20, test: 10 })
  const other = makeGlyphs({ seed: 2, train: 20, test: 20 })
  assert.deepEqual(again.train, small.train)
  assert.notDeepEqual(other.train.inputs, small.train.inputs)
  assert.notDeepEqual(small.test.inputs, small.train.inputs)
  const images = new Set<string>()
  for (const split of [set.train, set.test]) {
    for (let i = 0; i < split.count; i++) images.add(hash(bytesOf(split)[0]!.subarray(i * 784, (i + 1) * 784)))
  }
  assert.equal(images.size, 12000, 'no image comes twice')
})

test('a linear classifier reaches between 80 and 93 % of the test images', () => {
  const accuracy = softmaxRegression(4, 0.1)
  assert.ok(accuracy > 0.8 && accuracy < 0.93, `accuracy ${accuracy}`)
})

/** Test accuracy of softmax regression, trained image by image with a learning rate that falls to zero. */
function softmaxRegression(epochs: number, rate: number): number {
  const weights = new Float64Array(10 * 785)
  const x = new Float32Array(784)
  const scores = new Float64Array(10)
  const score = () => {
    for (let digit = 0; digit < 10; digit++) {
      const row = digit * 785
      let sum = weights[row + 784]!
      for (let i = 0; i < 784; i++) sum += weights[row + i]! * x[i]!
      scores[digit] = sum
    }
  }
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [step, index] of order(set.train.count, 1, epoch).entries()) {
      gatherInputs(set, set.train, [index], x)
      score()
      const largest = Math.max(...scores)
      const total = scores.reduce((sum, value) => sum + Math.exp(value - largest), 0)
      const now = rate * (1 - (epoch + step / set.train.count) / epochs)
      for (let digit = 0; digit < 10; digit++) {
        const wanted = digit === set.train.targets![index] ? 1 : 0
        const change = now * (wanted - Math.exp(scores[digit]! - largest) / total)
        const row = digit * 785
        for (let i = 0; i < 784; i++) weights[row + i]! += change * x[i]!
        weights[row + 784]! += change
      }
    }
  }
  let right = 0
  for (let index = 0; index < set.test.count; index++) {
    gatherInputs(set, set.test, [index], x)
    score()
    if (scores.indexOf(Math.max(...scores)) === set.test.targets![index]) right++
  }
  return right / set.test.count
}
