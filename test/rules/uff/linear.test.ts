// Linear cells, whose optimum is known, and the sparse code.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, grad, type Tensor } from '../../../src/graph/index.js'
import { leaves, type Random } from '../../../src/nn/index.js'
import type { Autoencoder } from '../../../src/rules/uff/autoencoder.js'
import { close, normals, numbers } from '../../nn/evaluate.js'
import { rowsOf } from '../harness.js'
import { eigen, type Matrix, matmul, transpose } from '../matrices.js'
import { dense, learned, quiet } from './given.js'

const tensor = (m: Matrix): Tensor => constant(m.flat(), [m.length, m[0]!.length])
const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)))

/** So far above 0 that no rectifier is at work: the cell is a linear one. */
const UP = 50

/** A cell whose weights are these columns, around a mean. */
function linear(columns: Matrix, mean: readonly number[]): Autoencoder {
  const up = columns[0]!.map(() => UP)
  const bias = matmul([[...mean]], columns)[0]!.map((v) => UP - v)
  const away = matmul([up], transpose(columns))[0]!
  return {
    encoder: { weight: tensor(columns), bias: constant(bias) },
    decoder: { bias: constant(mean.map((v, j) => v - away[j]!)) },
  }
}

/** A cell's loss and its gradients. */
function descent(cell: ReturnType<typeof dense>, p: Autoencoder, x: Tensor, random: Random = quiet) {
  const { loss } = learned(cell, p, x, random)
  const parameters = leaves(p).map(([, leaf]) => leaf)
  return { loss: numbers(loss)[0]!, gradients: grad(loss, parameters).flatMap((g) => numbers(g)) }
}

describe('a linear auto-encoder', () => {
  const [N, D, K] = [12, 5, 2]
  const x = rowsOf(numbers(normals('x', [N, D])), N).map((row) => row.map((v, j) => v * (1 + j) + j))
  const mean = Array.from({ length: D }, (_, j) => x.reduce((sum, row) => sum + row[j]!, 0) / N)
  const centred = x.map((row) => row.map((v, j) => v - mean[j]!))
  const covariance = matmul(transpose(centred), centred).map((row) => row.map((v) => v / N))
  const { values, vectors } = eigen(covariance)
  const best = values.slice(K).reduce((a, b) => a + b)

  test('rests on principal components, and loses the other eigenvalues', () => {
    const basis = vectors.map((row) => row.slice(0, K))
    const { loss, gradients } = descent(dense(D, K), linear(basis, mean), tensor(x))
    close(gradients, new Array(gradients.length).fill(0), 1e-5)
    close([loss], [best], 1e-5)
  })

  test('does not rest on another plane', () => {
    const { gradients } = descent(dense(D, K), linear(rowsOf(numbers(normals('other', [D, K])), D), mean), tensor(x))
    assert.ok(Math.max(...gradients.map(Math.abs)) > 0.1)
  })
})

test('a denoising cell sees a masked input and reconstructs the whole one', () => {
  const x = rowsOf(numbers(normals('dae', [4, 3])), 4)
  const drawn = tensor(x.map(() => [0.1, 0.3, 0.9]))
  const random: Random = { normal: () => drawn, uniform: () => drawn }
  // The identity gives back what it sees: what was drawn below 0.3, the first number, is lost.
  const { loss } = descent(dense(3, 3, { masked: 0.3 }), linear(identity(3), [0, 0, 0]), tensor(x), random)
  close([loss], [x.reduce((sum, [first]) => sum + first! ** 2, 0) / x.length], 1e-6)
})

test('a sparse cell is judged by the activities that stand out of the batch, and hands all of them up', () => {
  const p = {
    encoder: { weight: constant([2], [1, 1]), bias: constant([0]) },
    decoder: { bias: constant([0]) },
  }
  // Activities 0, 2, 4, 6: mean 3, deviation sqrt(5); only 6 is above 3 + 0.5 sqrt(5), and comes back as 12.
  const { output, loss } = learned(dense(1, 1, { sparsity: 0.5 }), p, constant([0, 1, 2, 3], [4, 1]))
  close(numbers(output), [0, 2, 4, 6])
  close(numbers(loss), [(0 + 1 + 4 + 81) / 4])
})
