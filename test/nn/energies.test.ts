import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { energiesOf, gridFor, toGrid } from '../../src/nn/energies.js'
import { rowsOf } from '../rules/harness.js'
import { close, normals, numbers } from './evaluate.js'

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Rows with mean 0 and variance 1. */
const standardised = (row: readonly number[]): number[] => {
  const m = mean(row)
  const deviation = Math.sqrt(mean(row.map((v) => (v - m) ** 2)) + 1e-6)
  return row.map((v) => (v - m) / deviation)
}

describe('the energies of a map', () => {
  const [channels, side] = [3, 4]
  const y = normals('y', [1, channels, side, side])
  const at = rowsOf(numbers(y), channels)

  test('energies are the diagonal of the second moments, projections their quadratic forms', () => {
    const a = normals('a', [2, channels])
    const own = energiesOf({ channels, side }, { values: 3, projections: 2, space: [] })
    assert.equal(own.size, channels + 2)
    const S = at.map((u) => at.map((v) => mean(u.map((value, p) => value * v[p]!))))
    const forms = rowsOf(numbers(a), 2).map((row) =>
      row.reduce((sum, ai, i) => sum + row.reduce((inner, aj, j) => inner + ai * aj * S[i]![j]!, 0), 0),
    )
    close(numbers(own.of(y, a)), [...standardised(S.map((row, i) => row[i]!)), ...standardised(forms)], 1e-9)
  })

  test('cells hold the products of neighbouring places', () => {
    const own = energiesOf({ channels, side }, { values: 3, projections: 0, space: [2] })
    const cells = at.map((map) => {
      const means = [0, 2].flatMap((top) =>
        [0, 2].map((left) => mean([0, 1].flatMap((dy) => [0, 1].map((dx) => map[(top + dy) * side + left + dx]!)))),
      )
      return mean(means.map((v) => v ** 2))
    })
    close(numbers(own.of(y, undefined)).slice(channels), standardised(cells), 1e-9)
  })

  test('of a map that is wider than high: as many as of a square one', () => {
    const wide = normals('wide', [2, channels, 2, 7])
    const own = energiesOf({ channels, side: 2 }, { values: 12, projections: 2, space: [2, 4] })
    assert.equal(own.size, channels * 4 + 2 * 4 + channels)
    assert.deepEqual(own.of(wide, normals('a', [2, channels])).shape, [2, own.size])
  })

  test('the grid is the finest that holds few enough numbers, and its windows cover the map', () => {
    assert.deepEqual([gridFor({ channels: 64, side: 15 }, 1024), gridFor({ channels: 2000, side: 7 }, 1024)], [4, 1])
    const map = constant(
      Array.from({ length: 25 }, (_, i) => i),
      [1, 1, 5, 5],
    )
    // Windows of 3 rows and columns that share the middle.
    close(numbers(toGrid(map, 2)), [6, 8, 16, 18])
    close(numbers(toGrid(map, 1)), [12])
    // Of 2 x 5 places windows of 1 x 3.
    close(numbers(toGrid(map.slice(2, 0, 2), 2)), [1, 3, 6, 8])
  })

  test('a map that is wider than high is covered as well, to its edges', () => {
    const wide = normals('wide', [1, channels, 4, 7])
    // Windows of 2 rows and 4 columns; the middle column counts for both.
    const [left, right] = [0, 1].map((half) =>
      [0, 2].map((top) =>
        rowsOf(numbers(wide), channels).map((row) =>
          mean([0, 1].flatMap((dy) => [0, 1, 2, 3].map((dx) => row[(top + dy) * 7 + 3 * half + dx]! ** 2))),
        ),
      ),
    ) as [number[][], number[][]]
    const expected = [0, 1, 2].flatMap((c) => [left[0]![c]!, right[0]![c]!, left[1]![c]!, right[1]![c]!])
    const own = energiesOf({ channels, side: 4 }, { values: 12, projections: 0, space: [2, 5] })
    assert.equal(own.size, 12 + 12)
    close(numbers(own.of(wide, undefined)).slice(0, 12), standardised(expected), 1e-9)
  })
})
