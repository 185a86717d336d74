import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastSquares } from '../../bench/least-squares.js'
import { dataSet, type Split } from '../../src/data/index.js'

/** Two targets of four inputs, of which the third is the sum of the first two, and the fourth never changes. */
function rows(count: number, first: number, wave: number): Split {
  const [inputs, targets] = [new Float32Array(4 * count), new Float32Array(2 * count)]
  for (let i = 0; i < count; i++) {
    const [a, b] = [Math.sin(3 * (first + i)), Math.cos(5 * (first + i))]
    inputs.set([a, b, a + b, 7], 4 * i)
    targets.set([3 * a - 2 * b + 5, wave * Math.sin(40 * a)], 2 * i)
  }
  return { inputs, targets, count }
}
const given = (wave: number) =>
  dataSet({
    name: 'lines',
    input: { shape: [4] },
    target: { kind: 'values', count: 2 },
    names: ['line', 'wave'],
    train: rows(200, 0, wave),
    test: rows(100, 200, wave),
  })

test('least squares finds a line through inputs that depend on each other, and no wave', () => {
  const figures = leastSquares(given(1))
  assert.ok(figures['rmse of line']! < 1e-5, `${figures['rmse of line']}`)
  // Of two values, R2 is the mean: 1 of the line, and next to nothing of a wave that no line follows.
  assert.ok(figures.r2! > 0.4 && figures.r2! < 0.6, `${figures.r2}`)
})

test('the figures are in the units of the targets', () => {
  const [one, ten] = [leastSquares(given(1)), leastSquares(given(10))]
  assert.ok(Math.abs(ten['rmse of wave']! / one['rmse of wave']! - 10) < 1e-3)
})
