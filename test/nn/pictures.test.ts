import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { filterImages, rowByRow, TRAVERSED, traversals } from '../../src/nn/pictures.js'
import { close, numbers } from './evaluate.js'

test('dense filters: a column of weights is an image, zero is grey, the largest weight black or white', () => {
  // Two units over four pixels; the second image is scaled by itself.
  const weight = constant([1, 0, -2, 4, 0, 0, 2, -1], [4, 2])
  const images = filterImages(weight, [1, 2, 2], 2)
  assert.deepEqual(images.shape, [2, 1, 2, 2])
  close(numbers(images), [0.75, 0, 0.5, 1, 0.5, 1, 0.5, 0.375], 1e-9)
})

test('pixels that a label code takes stay grey, and so does a unit without weights', () => {
  const images = filterImages(constant([2, 0, -2, 0], [2, 2]), [1, 2, 2], 5)
  close(numbers(images), [0.5, 0.5, 1, 0, 0.5, 0.5, 0.5, 0.5], 1e-9)
})

test('kernels of one or three channels are images as they are, others by the mean of their channels', () => {
  const kernels = (channels: number) =>
    filterImages(
      constant(
        Array.from({ length: 2 * channels * 9 }, (_, i) => i + 1),
        [2, channels, 3, 3],
      ),
      [1, 8, 8],
      1,
    )
  assert.deepEqual(kernels(3).shape, [1, 3, 3, 3])
  const mean = kernels(2)
  assert.deepEqual(mean.shape, [1, 1, 3, 3])
  close([numbers(mean)[8]!, numbers(mean)[0]!], [1, 0.5 + (0.5 * 5.5) / 13.5], 1e-9)
})

test('columns of images come row by row', () => {
  const column = (first: number) => constant([first, first + 1, first + 2, first + 3], [2, 1, 1, 2])
  const images = rowByRow([column(0), column(10)])
  assert.deepEqual(images.shape, [4, 1, 1, 2])
  close(numbers(images), [0, 1, 10, 11, 2, 3, 12, 13], 0)
})

test('a traversal moves one component of the code in each row, at all places of a map, and keeps the others', () => {
  const code = constant([1, 2, 3, 4, 5, 6], [1, 3, 2])
  const moved = traversals(code, constant([2, 0], [2], 'int32'))
  assert.deepEqual(moved.shape, [2 * TRAVERSED.length, 3, 2])
  const rows = [...TRAVERSED.map((v) => [1, 2, 3, 4, v, v]), ...TRAVERSED.map((v) => [v, v, 3, 4, 5, 6])]
  close(numbers(moved), rows.flat(), 1e-12)
})
