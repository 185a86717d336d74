import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, conv2d } from '../../src/graph/index.js'
import { dirac, eigenOf, whiteningFilters } from '../../src/nn/index.js'
import { close, normals, numbers } from './evaluate.js'

const identity = (n: number): number[] => Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))

test('eigenvectors are orthonormal and turn the matrix into its eigenvalues', () => {
  const n = 6
  const x = normals('x', [n, 9])
  const matrix = x.matmul(x, { transposeB: true })
  const { values, vectors } = eigenOf(matrix)
  close(numbers(vectors.matmul(vectors, { transposeB: true })), identity(n), 1e-12)
  const turned = numbers(vectors.matmul(matrix).matmul(vectors, { transposeB: true }))
  const own = numbers(values)
  close(
    turned,
    identity(n).map((one, i) => one * own[i % n]!),
    1e-11,
  )
})

test('equal eigenvalues, zeros and a matrix that is diagonal already are no exception', () => {
  close(numbers(eigenOf(constant([2, 0, 0, 2], [2, 2])).values), [2, 2])
  close(numbers(eigenOf(constant([1, 1, 1, 1], [2, 2])).values).sort(), [0, 2], 1e-12)
  close(numbers(eigenOf(constant([7], [1, 1])).values), [7])
})

test('whitened patches have the second moments of the identity, but for epsilon, and negatives of them', () => {
  const images = normals('images', [5, 2, 6, 7])
  const mixed = images.add(images.slice(1, 0, 1).mul(3))
  const [k, size, epsilon] = [2, 8, 0.01]
  const filters = whiteningFilters(mixed, k, epsilon)
  assert.deepEqual(filters.shape, [2 * size, 2, k, k])
  const said = conv2d(mixed, filters)
    .transpose([1, 0, 2, 3])
    .reshape([2 * size, -1])
  const first = said.slice(0, 0, size)
  const moments = numbers(first.matmul(first, { transposeB: true }).div(said.shape[1]!))
  for (const [i, value] of moments.entries()) {
    const diagonal = i % (size + 1) === 0
    // lambda / (lambda + epsilon)
    assert.ok(diagonal ? value > 0.9 && value < 1 : Math.abs(value) < 1e-9, `${i}: ${value}`)
  }
  close(
    numbers(said.slice(0, size, 2 * size)),
    numbers(first).map((x) => -x),
  )
})

test('kernels of a Dirac start hand their channels on', () => {
  const weight = normals('w', [3, 2, 3, 3])
  const x = normals('in', [2, 2, 4, 5])
  const y = conv2d(x, dirac(weight), { padding: 'same' })
  close(numbers(y.slice(1, 0, 2)), numbers(x))
  close(numbers(y.slice(1, 2, 3)), numbers(conv2d(x, weight.slice(0, 2, 3), { padding: 'same' })))
  const narrow = conv2d(normals('wide', [2, 3, 4, 4]), dirac(normals('n', [2, 3, 3, 3])), { padding: 'same' })
  close(numbers(narrow), numbers(normals('wide', [2, 3, 4, 4]).slice(1, 0, 2)))
})

test('so do those of any size, and the picture stays where it is', () => {
  const x = normals('in', [1, 2, 4, 5])
  for (const kernel of [1, 2, 4, 5])
    close(numbers(conv2d(x, dirac(normals('w', [2, 2, kernel, kernel])), { padding: 'same' })), numbers(x))
})
