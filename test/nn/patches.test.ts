import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { constant, type Tensor } from '../../src/graph/index.js'
import { filterResponses, normalisedRows, placesIn, type Random, randomPatches } from '../../src/nn/index.js'
import { inverseSquareRoot, whitened, zcaOf } from '../../src/nn/zca.js'
import { close, normals, numbers, uniforms } from './evaluate.js'

const identity = (n: number): number[] => Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))

/** Noise that is known: what was drawn for each name. */
function known(): { random: Random; drawn: Map<string, Tensor> } {
  const drawn = new Map<string, Tensor>()
  const uniform = (name: string, shape: readonly number[]): Tensor => {
    drawn.set(name, uniforms(name, ...shape))
    return drawn.get(name)!
  }
  return { random: { uniform, normal: normals }, drawn }
}

/** The patch of image n at a place, channel by channel. */
function patchAt(images: Tensor, kernel: number, n: number, row: number, column: number): number[] {
  return numbers(
    images
      .slice(0, n, n + 1)
      .slice(2, row, row + kernel)
      .slice(3, column, column + kernel),
  )
}

test('random patches are patches of their own image, at the places that were drawn', () => {
  const [kernel, count] = [3, 4]
  const images = uniforms('images', 2, 2, 6, 5)
  const { random, drawn } = known()
  const patches = randomPatches(images, kernel, count, random, 'p')
  assert.deepEqual(patches.shape, [8, 18])
  const [rows, columns] = ['p.0', 'p.1'].map((name) => numbers(drawn.get(name)!)) as [number[], number[]]
  const wanted = rows.flatMap((row, i) =>
    patchAt(images, kernel, Math.floor(i / count), Math.floor(row * 4), Math.floor(columns[i]! * 3)),
  )
  close(numbers(patches), wanted)
})

test('a number that float32 rounds up to 1 is still a place', () => {
  const ones = (_: string, shape: readonly number[]): Tensor => constant(1).broadcastTo(shape)
  const images = uniforms('images', 1, 1, 4, 4)
  const patches = randomPatches(images, 3, 1, { uniform: ones, normal: ones }, 'p')
  close(numbers(patches), patchAt(images, 3, 0, 1, 1))
})

test('responses are those of filters on explicit, normalised patches', () => {
  const [kernel, height, width] = [3, 5, 6]
  const images = uniforms('images', 2, 2, height, width)
  const filters = normals('filters', [4, 18])
  const said = filterResponses(images, filters, kernel)
  assert.deepEqual(said.shape, [2, 4, 3, 4])
  const places = [0, 1].flatMap((n) =>
    Array.from({ length: 12 }, (_, i) => patchAt(images, kernel, n, Math.floor(i / 4), i % 4)),
  )
  const rows = normalisedRows(constant(places.flat(), [24, 18]))
  const wanted = rows.matmul(filters, { transposeB: true }).reshape([2, 3, 4, 4]).transpose([0, 3, 1, 2])
  close(numbers(said), numbers(wanted), 1e-10)
})

test('the inverse square root of a matrix, also of an ill-conditioned one, gives its inverse', () => {
  for (const small of [1, 1e-3, 1e-6]) {
    const x = normals('x', [5, 9])
    const matrix = x.matmul(x, { transposeB: true }).add(constant(identity(5), [5, 5]).mul(small))
    const root = inverseSquareRoot(matrix)
    close(numbers(root.matmul(matrix).matmul(root)), identity(5), 1e-9)
  }
  const wide = constant([1000, 0, 0, 0.001], [2, 2])
  close(numbers(inverseSquareRoot(wide)), [1 / Math.sqrt(1000), 0, 0, 1 / Math.sqrt(0.001)], 1e-9)
})

test('whitened rows have mean 0 and the covariance of the identity, but for epsilon, and are turned nowhere', () => {
  const rows = normals('rows', [50, 4])
    .matmul(normals('mix', [4, 4]))
    .add(3)
  const zca = zcaOf(rows, 1e-6)
  const white = whitened(rows, zca)
  close(numbers(white.mean([0])), [0, 0, 0, 0], 1e-9)
  close(numbers(white.matmul(white, { transposeA: true }).div(50)), identity(4), 1e-3)
  close(numbers(zca.matrix), numbers(zca.matrix.transpose()), 1e-9)
})

test('images that hold no patch are refused', () => {
  assert.throws(() => placesIn([1, 5, 2], 3), UserError)
})
