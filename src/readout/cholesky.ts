import { UserError } from '../errors.js'

/** Rows and columns of a tile: three tiles of 64 x 64 numbers of 8 bytes lie in a cache of 128 KiB. */
const SIZE = 64

/**
 * The lower triangle of a symmetric matrix [n, n] in tiles of 64 x 64, row after row of tiles: tile (i, j), j <= i, is
 * number i (i + 1) / 2 + j. Beyond the edge lies the unit matrix.
 */
export interface Triangle {
  readonly n: number
  readonly tiles: readonly Float64Array[]
}

const numberOf = (i: number, j: number): number => (i * (i + 1)) / 2 + j

/** `element(row, column)` is asked for column <= row alone. */
export function triangleOf(n: number, element: (row: number, column: number) => number): Triangle {
  const side = Math.ceil(n / SIZE)
  const tiles: Float64Array[] = []
  for (let i = 0; i < side; i++)
    for (let j = 0; j <= i; j++) {
      const tile = new Float64Array(SIZE * SIZE)
      for (let r = 0; r < SIZE; r++) {
        const row = i * SIZE + r
        for (let c = 0; c < SIZE; c++) {
          const column = j * SIZE + c
          if (column <= row) tile[r * SIZE + c] = row < n ? element(row, column) : row === column ? 1 : 0
        }
      }
      tiles.push(tile)
    }
  return { n, tiles }
}

/**
 * L with L L^T = A, in the place of A: the Cholesky method by tiles (Golub and Van Loan, 4.2.6), in float64. n^3 / 3
 * multiplications and additions. Throws a UserError where A is not positive definite.
 */
export function factorise({ n, tiles }: Triangle): Triangle {
  const side = Math.ceil(n / SIZE)
  for (let j = 0; j < side; j++) {
    const diagonal = tiles[numberOf(j, j)]!
    for (let k = 0; k < j; k++) takeOff(diagonal, tiles[numberOf(j, k)]!, tiles[numberOf(j, k)]!)
    factoriseTile(diagonal, j * SIZE)
    for (let i = j + 1; i < side; i++) {
      const tile = tiles[numberOf(i, j)]!
      for (let k = 0; k < j; k++) takeOff(tile, tiles[numberOf(i, k)]!, tiles[numberOf(j, k)]!)
      divide(tile, diagonal)
    }
  }
  return { n, tiles }
}

/** C - A B^T in the place of C. Two rows meet four at a time: eight sums stay in registers. */
function takeOff(c: Float64Array, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < SIZE; i += 2)
    for (let j = 0; j < SIZE; j += 4) {
      let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0]
      const [a0, a1] = [i * SIZE, (i + 1) * SIZE]
      const [b0, b1, b2, b3] = [j * SIZE, (j + 1) * SIZE, (j + 2) * SIZE, (j + 3) * SIZE]
      for (let k = 0; k < SIZE; k++) {
        const x = a[a0 + k]!
        const y = a[a1 + k]!
        const p = b[b0 + k]!
        const q = b[b1 + k]!
        const r = b[b2 + k]!
        const s = b[b3 + k]!
        s00 += x * p
        s01 += x * q
        s02 += x * r
        s03 += x * s
        s10 += y * p
        s11 += y * q
        s12 += y * r
        s13 += y * s
      }
      const [c0, c1] = [a0 + j, a1 + j]
      c[c0]! -= s00
      c[c0 + 1]! -= s01
      c[c0 + 2]! -= s02
      c[c0 + 3]! -= s03
      c[c1]! -= s10
      c[c1 + 1]! -= s11
      c[c1 + 2]! -= s12
      c[c1 + 3]! -= s13
    }
}

/** The factor of one tile on the diagonal, `first` rows from the top. */
function factoriseTile(a: Float64Array, first: number): void {
  for (let j = 0; j < SIZE; j++)
    for (let i = j; i < SIZE; i++) {
      let left = a[i * SIZE + j]!
      for (let k = 0; k < j; k++) left -= a[i * SIZE + k]! * a[j * SIZE + k]!
      if (i > j) a[i * SIZE + j] = left / a[j * SIZE + j]!
      else if (left > 0) a[j * SIZE + j] = Math.sqrt(left)
      else
        throw new UserError(
          `the matrix of a read-out is not positive definite (feature ${first + j}): choose a larger lambda`,
        )
    }
}

/** X with X L^T = A, in the place of A. */
function divide(a: Float64Array, l: Float64Array): void {
  for (let i = 0; i < SIZE; i++)
    for (let j = 0; j < SIZE; j++) {
      let left = a[i * SIZE + j]!
      for (let k = 0; k < j; k++) left -= a[i * SIZE + k]! * l[j * SIZE + k]!
      a[i * SIZE + j] = left / l[j * SIZE + j]!
    }
}

/** X with L L^T X = B, [n, columns], from the factor L. */
export function solve({ n, tiles }: Triangle, b: Float64Array, columns: number): Float64Array {
  const x = b.slice()
  const lower = (row: number, column: number): number =>
    tiles[numberOf(Math.floor(row / SIZE), Math.floor(column / SIZE))]![(row % SIZE) * SIZE + (column % SIZE)]!
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtractRow(x, columns, i, k, lower(i, k))
    divideRow(x, columns, i, lower(i, i))
  }
  for (let i = n - 1; i >= 0; i--) {
    divideRow(x, columns, i, lower(i, i))
    for (let k = 0; k < i; k++) subtractRow(x, columns, k, i, lower(i, k))
  }
  return x
}

function subtractRow(x: Float64Array, columns: number, to: number, from: number, factor: number): void {
  for (let c = 0; c < columns; c++) x[to * columns + c]! -= factor * x[from * columns + c]!
}

function divideRow(x: Float64Array, columns: number, row: number, by: number): void {
  for (let c = 0; c < columns; c++) x[row * columns + c]! /= by
}
