import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { stream } from '../../src/random/stream.js'
import { factorise, solve, triangleOf } from '../../src/readout/cholesky.js'
import { accumulate, type Moments, type Multiply, noMoments, plus } from '../../src/readout/moments.js'
import { chooseRidge, meanError, ridge } from '../../src/readout/ridge.js'
import { close } from '../nn/evaluate.js'

function normals(name: string, count: number): Float32Array {
  const out = new Float32Array(count)
  stream(5, 0, name).normal(out)
  return out
}

/** A x = b by elimination with pivots, for each column of b: another method than the one that is tested. */
function eliminated(matrix: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  const rows = matrix.map((row, i) => [...row, ...b[i]!])
  const n = rows.length
  for (let c = 0; c < n; c++) {
    const pivot = rows
      .slice(c)
      .reduce((best, row, i) => (Math.abs(row[c]!) > Math.abs(rows[best]![c]!) ? c + i : best), c)
    const [top, other] = [rows[c]!, rows[pivot]!]
    rows[c] = other
    rows[pivot] = top
    for (let r = 0; r < n; r++) {
      if (r === c) continue
      const factor = rows[r]![c]! / rows[c]![c]!
      rows[r] = rows[r]!.map((value, i) => value - factor * rows[c]![i]!)
    }
  }
  return rows.map((row, i) => row.slice(n).map((value) => value / row[i]!))
}

const [COUNT, FEATURES, CLASSES] = [60, 7, 3]

/** Features of different scales and means that depend on each other, and classes that depend on them. */
function samples() {
  const noise = normals('x', COUNT * FEATURES)
  const rows = Array.from({ length: COUNT }, (_, row) =>
    Array.from({ length: FEATURES }, (_, i) => {
      const own = noise[row * FEATURES + i]!
      return Math.fround((i + 1) * own + 2 * i + (i > 0 ? noise[row * FEATURES]! : 0))
    }),
  )
  const classes = rows.map((row) => (row[1]! > 2 ? 0 : row[3]! > 6 ? 1 : 2))
  return { rows, classes }
}

const oneHots = (classes: readonly number[]): number[] =>
  classes.flatMap((own) => Array.from({ length: CLASSES }, (_, k) => (k === own ? 1 : 0)))

/** The moments of the samples at these places. */
async function momentsOf(places: readonly number[], multiply?: Multiply): Promise<Moments> {
  const { rows, classes } = samples()
  const x = places.flatMap((place) => rows[place]!)
  const y = oneHots(places.map((place) => classes[place]!))
  const list = multiply ? Float32Array.from(x) : Float64Array.from(x)
  return await accumulate(noMoments(FEATURES, CLASSES), { x: list, y: Float64Array.from(y) }, multiply)
}

const ALL = Array.from({ length: COUNT }, (_, i) => i)

describe('the Cholesky method by tiles', () => {
  for (const n of [1, 5, 64, 65, 150])
    test(`solves ${n} equations`, () => {
      const a = normals(`a ${n}`, n * (n + 3))
      const element = (i: number, j: number): number => {
        let sum = i === j ? 0.5 : 0
        for (let k = 0; k < n + 3; k++) sum += a[i * (n + 3) + k]! * a[j * (n + 3) + k]!
        return sum
      }
      const wanted = Float64Array.from(normals('b', 2 * n))
      const x = solve(factorise(triangleOf(n, element)), wanted, 2)
      const back = Float64Array.from({ length: 2 * n }, (_, at) => {
        let sum = 0
        for (let j = 0; j < n; j++) sum += element(Math.floor(at / 2), j) * x[2 * j + (at % 2)]!
        return sum
      })
      close(back, wanted, 1e-10)
    })

  test('a matrix that is not positive definite is told by its row', () => {
    assert.throws(
      () => factorise(triangleOf(70, (i, j) => (i === j ? (i === 66 ? -1 : 1) : 0))),
      (error) => error instanceof UserError && /feature 66/.test(error.message),
    )
  })
})

describe('ridge regression', () => {
  test('is the solution of the normal equations of standardised features', async () => {
    const lambda = 3
    const { rows, classes } = samples()
    const { weight, bias } = ridge(await momentsOf(ALL), lambda)
    const mean = rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / COUNT)
    const deviation = mean.map((m, i) => Math.sqrt(rows.reduce((sum, row) => sum + (row[i]! - m) ** 2, 0) / COUNT))
    // With a column of ones for the constant, which has no penalty.
    const own = rows.map((row) => [...row.map((value, i) => (value - mean[i]!) / deviation[i]!), 1])
    const gram = own[0]!.map((_, i) =>
      own[0]!.map(
        (_, j) => own.reduce((sum, row) => sum + row[i]! * row[j]!, 0) + (i === j && i < FEATURES ? lambda : 0),
      ),
    )
    const cross = own[0]!.map((_, i) =>
      Array.from({ length: CLASSES }, (_, k) => own.reduce((sum, row, n) => sum + (classes[n] === k ? row[i]! : 0), 0)),
    )
    const solved = eliminated(gram, cross)
    const direct = own.flatMap((row) =>
      Array.from({ length: CLASSES }, (_, k) => row.reduce((sum, value, i) => sum + value * solved[i]![k]!, 0)),
    )
    const said = rows.flatMap((row) =>
      Array.from({ length: CLASSES }, (_, k) =>
        row.reduce((sum, value, i) => sum + value * weight[i * CLASSES + k]!, bias[k]!),
      ),
    )
    close(said, direct, 1e-10)
    const errors = said.map((value, at) => (value - oneHots(classes)[at]!) ** 2)
    close([meanError(await momentsOf(ALL), { weight, bias })], [errors.reduce((a, b) => a + b) / COUNT], 1e-10)
  })

  test('is the same from any parts of the data, in any order: from parts of one class each too', async () => {
    const whole = ridge(await momentsOf(ALL), 1)
    const { classes } = samples()
    const cuts = [
      [2, 0, 1].map((own) => ALL.filter((i) => classes[i] === own)),
      [ALL.slice(41), ALL.slice(0, 1), ALL.slice(1, 41)],
    ]
    for (const cut of cuts) {
      const parts = await Promise.all(cut.map((places) => momentsOf(places)))
      const { weight, bias } = ridge(
        parts.reduce((a, b) => plus(a, b)),
        1,
      )
      close(weight, whole.weight, 1e-10)
      close(bias, whole.bias, 1e-10)
    }
  })

  test('products of blocks of columns come to the same sums', async () => {
    const asked: number[] = []
    const multiply: Multiply = {
      mostColumns: 3,
      product(a, b, own, other) {
        asked.push(own * other)
        const rows = a.length / own
        return Float32Array.from({ length: own * other }, (_, at) => {
          let sum = 0
          for (let row = 0; row < rows; row++)
            sum += a[row * own + Math.floor(at / other)]! * b[row * other + (at % other)]!
          return sum
        })
      },
    }
    const [one, other] = [await momentsOf(ALL, multiply), await momentsOf(ALL)]
    close(one.gram, other.gram, 1e-6)
    for (const name of ['featureSums', 'targetSums', 'cross'] as const) close(one[name], other[name], 1e-12)
    assert.deepEqual(asked, [9, 9, 3, 9, 3, 1])
  })

  test('a constant feature gets no weight, and changes no prediction', async () => {
    const { rows, classes } = samples()
    const x = Float64Array.from(rows.flatMap((row) => [...row, 4]))
    const moments = await accumulate(noMoments(FEATURES + 1, CLASSES), { x, y: Float64Array.from(oneHots(classes)) })
    const { weight, bias } = ridge(moments, 2)
    const without = ridge(await momentsOf(ALL), 2)
    assert.deepEqual([...weight.slice(FEATURES * CLASSES)], [0, 0, 0])
    close(weight.slice(0, FEATURES * CLASSES), without.weight, 1e-10)
    close(bias, without.bias, 1e-10)
  })

  test('of several lambdas the one with the smallest error on held-out samples is taken', async () => {
    const [learned, heldOut] = [await momentsOf(ALL.slice(0, 12)), await momentsOf(ALL.slice(12))]
    const lambdas = [1e-3, 1, 5, 1e4]
    const { lambda, tried, weight } = chooseRidge(learned, heldOut, lambdas)
    const errors = lambdas.map((own) => meanError(heldOut, ridge(learned, own)))
    assert.deepEqual(
      tried.map(({ error }) => error),
      errors,
    )
    assert.equal(lambda, lambdas[errors.indexOf(Math.min(...errors))])
    assert.ok(lambda !== 1e-3 && lambda !== 1e4, `${lambda}`)
    assert.deepEqual(weight, ridge(learned, lambda).weight)
    assert.deepEqual(chooseRidge(learned, undefined, [7]).tried, [])
  })

  test('what cannot be is refused in words', async () => {
    const own = await momentsOf(ALL)
    assert.throws(() => ridge(noMoments(3, 2), 1), UserError)
    assert.throws(() => ridge(own, Number.NaN), UserError)
    assert.throws(() => chooseRidge(own, undefined, [1, 2]), /hold some out/)
    assert.throws(() => plus(own, noMoments(3, 3)), /cannot be added/)
    await assert.rejects(accumulate(own, { x: new Float64Array(8), y: new Float64Array(3) }), UserError)
  })
})
