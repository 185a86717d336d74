import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { GOODNESS, GROUP_GOODNESS, locationGoodness } from '../../src/nn/index.js'
import { close, numbers, slopes } from './evaluate.js'

// Two samples of four channels over 1 x 2 places.
const maps = constant([1, 2, 3, 4, 5, 6, 7, 8, 0, -1, 0, 0, 2, 0, 0, -2], [2, 4, 1, 2])

test('sum and mean of squares over a whole sample', () => {
  assert.deepEqual(numbers(GOODNESS.sum(maps)), [204, 9])
  assert.deepEqual(numbers(GOODNESS.mean(maps)), [204 / 8, 9 / 8])
  const rows = constant([3, 4, 0, 1], [2, 2])
  assert.deepEqual(numbers(GOODNESS.sum(rows)), [25, 1])
  // dg/dy = (2/n) y.
  assert.deepEqual(slopes(GOODNESS.mean(rows), rows), [3, 4, 0, 1])
})

test('the goodness of a place is the mean of squares over channels', () => {
  const g = locationGoodness(maps)
  assert.deepEqual(g.shape, [2, 1, 2])
  assert.deepEqual(numbers(g), [(1 + 9 + 25 + 49) / 4, (4 + 16 + 36 + 64) / 4, 4 / 4, (1 + 4) / 4])
})

test('the goodness of channel groups, one for each class', () => {
  const square = GROUP_GOODNESS.square(maps, 2)
  assert.deepEqual(square.shape, [2, 2])
  assert.deepEqual(numbers(square), [30 / 4, 174 / 4, 1 / 4, 8 / 4])
  assert.deepEqual(numbers(GROUP_GOODNESS.linear(maps, 2)), [10 / 4, 26 / 4, -1 / 4, 0])
  // One unit a class: dense activities [N, K].
  close(numbers(GROUP_GOODNESS.linear(constant([3, 4, 5], [1, 3]), 3)), [3, 4, 5])
  assert.throws(() => GROUP_GOODNESS.square(maps, 3), /4 channels do not split into 3 equal groups/)
})
