import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packedShape, packSymmetric, unpackSymmetric } from '../../../src/rules/hopfield-vae/symmetric.js'
import { close, normals, numbers } from '../../nn/evaluate.js'

for (const n of [2, 3, 6, 7]) {
  const packed = normals(`packed ${n}`, packedShape(n))
  const whole = unpackSymmetric(packed, n)
  const at = (matrix: readonly number[], i: number, j: number): number => matrix[i * n + j]!

  test(`${n} units: every pair once, no unit with itself`, () => {
    assert.equal(packed.size, (n * (n - 1)) / 2)
    const matrix = numbers(whole)
    const below: number[] = []
    for (let i = 0; i < n; i++) {
      assert.equal(at(matrix, i, i), 0)
      for (let j = 0; j < i; j++) {
        assert.equal(at(matrix, i, j), at(matrix, j, i))
        below.push(at(matrix, i, j))
      }
    }
    assert.deepEqual(below.toSorted(), numbers(packed).toSorted())
  })

  test(`${n} units: packing takes the couplings back, whatever is on the diagonal`, () => {
    const diagonal = normals('diagonal', [n, 1]).mul(normals('other', [1, n]))
    const symmetric = diagonal.add(diagonal.transpose())
    close(numbers(packSymmetric(whole)), numbers(packed), 0)
    const matrix = numbers(symmetric)
    const again = numbers(unpackSymmetric(packSymmetric(symmetric), n))
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) assert.equal(at(again, i, j), i === j ? 0 : at(matrix, i, j))
  })
}
