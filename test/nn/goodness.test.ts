import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { GOODNESS } from '../../src/nn/index.js'
import { numbers, slopes } from './evaluate.js'

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
