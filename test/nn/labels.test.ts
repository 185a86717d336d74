import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { firstPixels, labelChannel, labelUnits, neutralPixels } from '../../src/nn/index.js'
import { numbers, slopes, whole } from './evaluate.js'

const rows = constant([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 5])
const table = constant([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 4])

test('the first pixels hold the label, the others the image', () => {
  assert.deepEqual(numbers(firstPixels(rows, whole(2, 0), 3)), [0, 0, 1, 4, 5, 1, 0, 0, 9, 10])
  assert.deepEqual(numbers(firstPixels(rows, whole(1, 1), 3, 2.8)).slice(0, 3), [0, 2.8, 0])
})

test('the neutral label is the mean of all labels', () => {
  const neutral = numbers(neutralPixels(rows, 3, 1.5))
  const shown = [0, 1, 2].map((label) => numbers(firstPixels(rows, whole(label, label), 3, 1.5)))
  const mean = neutral.map((_, i) => (shown[0]![i]! + shown[1]![i]! + shown[2]![i]!) / 3)
  assert.deepEqual(neutral, mean)
})

test("a label's row of a table as units and as a channel", () => {
  assert.deepEqual(
    numbers(labelUnits(rows, whole(2, 0), table)),
    [1, 2, 3, 4, 5, 9, 10, 11, 12, 6, 7, 8, 9, 10, 1, 2, 3, 4],
  )
  const images = constant([-1, -2, -3, -4, -5, -6, -7, -8], [1, 2, 2, 2])
  const shown = labelChannel(images, whole(1), table)
  assert.deepEqual(shown.shape, [1, 3, 2, 2])
  assert.deepEqual(numbers(shown), [-1, -2, -3, -4, -5, -6, -7, -8, 5, 6, 7, 8])
})

test('the table learns: its gradient is that of the rows that were shown', () => {
  const images = constant([0, 0, 0, 0, 0, 0, 0, 0], [2, 1, 2, 2])
  const squares = labelChannel(images, whole(1, 1), table).square()
  assert.deepEqual(slopes(squares, table), [0, 0, 0, 0, 20, 24, 28, 32, 0, 0, 0, 0])
})
