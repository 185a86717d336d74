import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { stream } from '../../src/random/stream.js'
import { principalComponents, umapOf } from '../../src/report/embedding.js'

/** Rows whose columns have deviations that fall, turned at random. */
function turnedRows(count: number, size: number): Float32Array {
  const noise = new Float32Array(count * size)
  stream(3, 0, 'rows').normal(noise)
  const turn = new Float32Array(size * size)
  stream(3, 1, 'turn').normal(turn)
  const scaled = Matrix.from1DArray(
    count,
    size,
    noise.map((x, i) => x * 2 ** -(i % size)),
  )
  return Float32Array.from(scaled.mmul(Matrix.from1DArray(size, size, turn)).to1DArray())
}

test('the principal components are those of the whole covariance matrix', () => {
  const [count, size] = [200, 12]
  const values = turnedRows(count, size)
  const { points, explained } = principalComponents(values, count, size)
  const rows = Matrix.from1DArray(count, size, values).center('column')
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(rows.transpose().mmul(rows), {
    assumeSymmetric: true,
  })
  const total = realEigenvalues.reduce((sum, x) => sum + x, 0)
  for (const axis of [0, 1] as const) {
    const place = [...realEigenvalues.keys()].sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)[axis]!
    assert.ok(Math.abs(explained![axis] - realEigenvalues[place]! / total) < 1e-6)
    const direction = eigenvectorMatrix.getColumn(place)
    const sign = direction.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0) < 0 ? -1 : 1
    const wanted = rows.mmul(Matrix.columnVector(direction)).to1DArray()
    for (const [i, point] of points.entries()) assert.ok(Math.abs(point[axis] - sign * wanted[i]!) < 1e-3, `${i}`)
  }
})

test('rows that vary in one direction, or in none, have an axis of zeros', () => {
  const line = Float32Array.from({ length: 30 }, (_, i) => Math.floor(i / 3) * ((i % 3) - 1))
  const { points, explained } = principalComponents(line, 10, 3)
  assert.ok(Math.abs(explained![0] - 1) < 1e-9 && points.every(([, y]) => Math.abs(y) < 1e-6))
  const { points: none } = principalComponents(new Float32Array(12).fill(5), 4, 3)
  assert.deepEqual(
    none,
    [0, 1, 2, 3].map(() => [0, 0]),
  )
})

test('UMAP gives the same points again, and neighbours stay neighbours', async () => {
  const [count, size] = [60, 5]
  const noise = new Float32Array(count * size)
  stream(4, 0, 'rows').normal(noise)
  const values = noise.map((x, i) => x + 40 * (Math.floor(i / size) % 3))
  const { points } = await umapOf(values, count, size)
  assert.deepEqual((await umapOf(values, count, size)).points, points)
  const same = points.filter(([x, y], i) => {
    const distances = points.map(([a, b], k) => (k === i ? Number.POSITIVE_INFINITY : Math.hypot(a - x, b - y)))
    return distances.indexOf(Math.min(...distances)) % 3 === i % 3
  })
  assert.equal(same.length, count)
})
