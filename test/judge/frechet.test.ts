import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { distanceTo, frechetDistance } from '../../src/judge/frechet.js'
import { covarianceOf, type FeatureMoments, momentsOf, noVectors, plus } from '../../src/judge/moments.js'
import { vectors } from './vectors.js'

const [COUNT, SIZE] = [10_000, 24]

/** Moments whose mean and covariance are these. */
const normal = (mean: readonly number[], covariance: readonly (readonly number[])[], count = 3): FeatureMoments => ({
  ...{ size: mean.length, count },
  mean: Float64Array.from(mean),
  scatter: Float64Array.from(covariance.flat(), (c) => c * (count - 1)),
})
const diagonal = (variances: readonly number[]): number[][] =>
  variances.map((v, i) => variances.map((_, j) => (i === j ? v : 0)))
const near = (value: number, wanted: number, tolerance: number): void =>
  assert.ok(Math.abs(value - wanted) <= tolerance, `${value} is not ${wanted}`)

type Square = readonly (readonly number[])[]
const times = (a: Square, b: Square): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)))

/** By Gauss and Jordan, with pivots. */
function inverse(a: Square): number[][] {
  const n = a.length
  const rows = a.map((row, i) => [...row, ...row.map((_, j) => Number(i === j))])
  for (let c = 0; c < n; c++) {
    const best = rows.slice(c).reduce((at, row, i) => (Math.abs(row[c]!) > Math.abs(rows[at]![c]!) ? c + i : at), c)
    const [own, other] = [rows[c]!, rows[best]!]
    rows[best] = own
    rows[c] = other.map((x) => x / other[c]!)
    for (let r = 0; r < n; r++) if (r !== c) rows[r] = rows[r]!.map((x, j) => x - rows[r]![c]! * rows[c]![j]!)
  }
  return rows.map((row) => row.slice(n))
}

/** The root of a matrix with positive eigenvalues, without any of them: the iteration of Denman and Beavers. */
function rootByIteration(a: Square): number[][] {
  let y = a.map((row) => [...row])
  let z = a.map((row, i) => row.map((_, j) => Number(i === j)))
  for (let k = 0; k < 60; k++) {
    const [ofY, ofZ] = [inverse(y), inverse(z)]
    const [nextY, nextZ] = [
      y.map((row, i) => row.map((x, j) => (x + ofZ[i]![j]!) / 2)),
      z.map((row, i) => row.map((x, j) => (x + ofY[i]![j]!) / 2)),
    ]
    y = nextY
    z = nextZ
  }
  return y
}

/** Mean and covariance by two passes in plain loops, and the distance by a matrix root: none of the code under test. */
function independent(a: Float32Array, b: Float32Array, size: number): number {
  const plain = (rows: Float32Array) => {
    const n = rows.length / size
    const at = (row: number, i: number): number => rows[row * size + i]!
    const all = Array.from({ length: n }, (_, row) => row)
    const features = Array.from({ length: size }, (_, i) => i)
    const mean = features.map((i) => all.reduce((sum, row) => sum + at(row, i), 0) / n)
    const covariance = features.map((i) =>
      features.map(
        (j) => all.reduce((sum, row) => sum + (at(row, i) - mean[i]!) * (at(row, j) - mean[j]!), 0) / (n - 1),
      ),
    )
    return { mean, covariance }
  }
  const [p, q] = [plain(a), plain(b)]
  const root = rootByIteration(times(p.covariance, q.covariance))
  const trace = (m: Square): number => m.reduce((sum, row, i) => sum + row[i]!, 0)
  const apart = p.mean.reduce((sum, m, i) => sum + (m - q.mean[i]!) ** 2, 0)
  return apart + trace(p.covariance) + trace(q.covariance) - 2 * trace(root)
}

describe('fixtures of the specification, to 1e-8', () => {
  test('N(0, 1) and N(1, 4): 2', () => near(frechetDistance(normal([0], [[1]]), normal([1], [[4]])), 2, 1e-8))
  test('equal covariances: the squared distance of the means', () => {
    const covariance = [
      [2, 0.7, 0],
      [0.7, 1, -0.3],
      [0, -0.3, 0.5],
    ]
    near(frechetDistance(normal([1, 2, 3], covariance), normal([0, 4, 3.5], covariance)), 5.25, 1e-8)
  })
  test('diagonal: sum (sqrt a - sqrt b)^2 and the means', () => {
    const [a, b] = [
      [4, 9, 0.25, 0],
      [1, 16, 0.04, 1e-4],
    ]
    const wanted = a.reduce((sum, x, i) => sum + (Math.sqrt(x) - Math.sqrt(b[i]!)) ** 2, 0) + 9
    const [p, q] = [normal([0, 0, 0, 0], diagonal(a)), normal([0, 3, 0, 0], diagonal(b))]
    near(frechetDistance(p, q), wanted, 1e-8)
    near(frechetDistance(q, p), wanted, 1e-8)
  })
  test('identical data: nothing, also where features do not vary or depend on each other', () => {
    const rows = vectors('a', 500, 12)
    for (let row = 0; row < 500; row++) {
      rows[row * 12 + 3] = 7
      rows[row * 12 + 5] = 2 * rows[row * 12 + 4]!
    }
    const own = momentsOf(rows, 12)
    near(frechetDistance(own, own), 0, 1e-8)
    near(frechetDistance(momentsOf(rows.subarray(0, 72), 12), momentsOf(rows.subarray(0, 72), 12)), 0, 1e-8)
    near(frechetDistance(momentsOf(new Float32Array(24), 12), momentsOf(new Float32Array(24), 12)), 0, 0)
  })
})

const [a, b] = [vectors('a', COUNT, SIZE), vectors('b', COUNT, SIZE)]

/** Moments of parts of different lengths, added up. */
function streamed(rows: Float32Array, size: number, lengths: readonly number[]): FeatureMoments {
  let moments = noVectors(size)
  for (let first = 0, k = 0; first < rows.length; k++) {
    const next = first + size * lengths[k % lengths.length]!
    moments = plus(moments, momentsOf(rows.subarray(first, next), size))
    first = next
  }
  return moments
}

/** Of the same vectors: numpy.cov and scipy.linalg.sqrtm (NumPy 2.4.6), in float64. */
const GOLDEN = 26.0955316612891

test('10,000 vectors: the distance is that of an independent computation, to 1e-6', () => {
  const distance = frechetDistance(streamed(a, SIZE, [128]), streamed(b, SIZE, [500]))
  const other = independent(a, b, SIZE)
  near(distance / other, 1, 1e-6)
  near(distance, other, 1e-6)
  near(distance, GOLDEN, 1e-6)
})

test('streamed moments are those of all rows at once, in whatever parts and order', () => {
  const whole = momentsOf(a, SIZE)
  const parts = [streamed(a, SIZE, [1, 7, 300]), streamed(a, SIZE, [COUNT - 1])]
  const [first, rest] = [a.subarray(0, 3000 * SIZE), a.subarray(3000 * SIZE)]
  parts.push(plus(momentsOf(rest, SIZE), momentsOf(first, SIZE)))
  for (const own of parts) {
    assert.equal(own.count, COUNT)
    for (const [i, mean] of own.mean.entries()) near(mean, whole.mean[i]!, 1e-11)
    for (const [i, c] of covarianceOf(own).entries()) near(c, covarianceOf(whole)[i]!, 1e-10)
  }
})

test('a mean that is large beside the spread costs no digits', () => {
  const far = Float32Array.from({ length: 4000 }, (_, i) => 2 ** 20 + ((i * 7) % 5) / 4)
  const exact = [0, 0.25, 0.5, 0.75, 1].reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / 5
  near(covarianceOf(streamed(far, 1, [33]))[0]!, (exact * 4000) / 3999, 1e-9)
})

test('few vectors of one distribution lie too far apart, and the farther the fewer they are', () => {
  const floor = (count: number): number =>
    frechetDistance(momentsOf(a.subarray(0, count * SIZE), SIZE), momentsOf(a.subarray(-count * SIZE), SIZE))
  assert.ok(floor(60) > 3 * floor(600) && floor(600) > 3 * floor(5000), `${floor(60)} ${floor(600)} ${floor(5000)}`)
})

test('vectors of other sizes, too few of them, and numbers that are none are refused in words', () => {
  assert.throws(() => plus(noVectors(3), noVectors(4)), UserError)
  assert.throws(() => frechetDistance(normal([0], [[1]]), normal([0, 0], diagonal([1, 1]))), /2 features.*1$/)
  assert.throws(() => distanceTo(momentsOf([1, 2], 2)), /two images at least; there are 1/)
  assert.throws(() => momentsOf([1, Number.NaN], 2), /no finite number/)
  assert.throws(() => momentsOf([1, 2, 3], 2), /rows of 2 features are wanted; 3 numbers came/)
})
