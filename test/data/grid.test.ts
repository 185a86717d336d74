import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gridOf } from '../../src/data/grid.js'

/** The pixel at a place of a grid. */
const at = ({ width, channels, data }: ReturnType<typeof gridOf>, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
]

test('images lie row after row between grey lines, enlarged by a whole number', () => {
  // Three images of 28 x 28, each of one brightness, two in a row: enlarged twice.
  const images = Float32Array.from({ length: 3 * 784 }, (_, i) => [0, 0.5, 1][Math.floor(i / 784)]!)
  const grid = gridOf(images, [1, 28, 28], 2)
  assert.deepEqual([grid.width, grid.height, grid.channels], [2 * 58 + 2, 2 * 58 + 2, 1])
  assert.deepEqual([at(grid, 0, 0), at(grid, 2, 2), at(grid, 57, 57), at(grid, 58, 2)], [[96], [0], [0], [96]])
  assert.deepEqual([at(grid, 60, 2), at(grid, 117 - 2, 30), at(grid, 2, 60)], [[128], [128], [255]])
  assert.deepEqual(at(grid, 60, 60), [96], 'no fourth image')
})

test('planes of colours are interleaved', () => {
  const grid = gridOf(Float32Array.of(1, 0.2, 0.4), [3, 1, 1], 1)
  assert.deepEqual([grid.channels, at(grid, 2, 2), at(grid, 57, 57)], [3, [255, 51, 102], [255, 51, 102]])
})
