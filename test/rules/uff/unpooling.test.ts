import { test } from 'node:test'
import { constant, maxPool2d } from '../../../src/graph/index.js'
import { placesOfLargest, repeated } from '../../../src/rules/uff/unpooling.js'
import { close, numbers } from '../../nn/evaluate.js'

test('every place becomes a square, and an odd edge zeros', () => {
  const spread = repeated(constant([1, 2], [1, 1, 1, 2]), 3, 5)
  close(numbers(spread), [1, 1, 2, 2, 0, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0])
})

test('the places of the largest, and zeros where the pooling saw nothing', () => {
  const x = constant([1, 5, 2, 2, 9, 3, 0, 2, 1, 9, 9, 9, 9, 9, 9], [1, 1, 3, 5])
  const places = placesOfLargest(x, maxPool2d(x, 2))
  close(numbers(places), [0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
})
