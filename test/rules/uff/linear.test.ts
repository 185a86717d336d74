// Linear cells, whose optimum is known, and the sparse code.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, grad, type Tensor } from '../../../src/graph/index.js'
import { FLOAT32, leaves, type Random } from '../../../src/nn/index.js'
import { type CellOptions, type CellParameters, unsupervisedCell } from '../../../src/rules/uff/cells.js'
import { close, normals, numbers } from '../../nn/evaluate.js'
import { rowsOf } from '../harness.js'
import { eigen, inverse, type Matrix, matmul, transpose } from '../matrices.js'
import { LINEAR, quiet } from './given.js'

const trace = (m: Matrix): number => m.reduce((sum, row, i) => sum + row[i]!, 0)
const tensor = (m: Matrix): Tensor => constant(m.flat(), [m.length, m[0]!.length])
const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)))
const linearCell = (options: Partial<CellOptions>, inputs: number, units: number) =>
  unsupervisedCell(
    { ...LINEAR, ...options },
    { inputShape: [inputs], units, pooled: false, first: true, precision: FLOAT32 },
  )

/** A linear cell's loss and its gradients. */
function descent(cell: ReturnType<typeof linearCell>, p: CellParameters, x: Tensor, random: Random = quiet) {
  const { loss } = cell.learn(p, x, random, 'noise')
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
  /** Codes by the eigenvectors of these numbers: u^T (x - mean). */
  const codes = (columns: readonly number[], tied: boolean): CellParameters => {
    const basis = vectors.map((row) => columns.map((k) => row[k]!))
    const bias = matmul([mean], basis)[0]!.map((v) => -v)
    return {
      encoder: [{ weight: tensor(basis), bias: constant(bias) }],
      decoder: [{ ...(!tied && { weight: tensor(transpose(basis)) }), bias: constant(mean) }],
    }
  }

  for (const tied of [false, true])
    test(`rests on principal components, and loses the other eigenvalues${tied ? ' (tied)' : ''}`, () => {
      const cell = linearCell({ tied }, D, K)
      const best = descent(cell, codes([0, 1], tied), tensor(x))
      close(best.gradients, new Array(best.gradients.length).fill(0), 1e-6)
      close([best.loss], [values.slice(K).reduce((a, b) => a + b)], 1e-6)
    })

  test('does not rest on another plane', () => {
    const p = codes([0, 1], false)
    const turned = { ...p, encoder: [{ ...p.encoder[0]!, weight: normals('other', [D, K]) }] }
    const { gradients } = descent(linearCell({}, D, K), turned, tensor(x))
    assert.ok(Math.max(...gradients.map(Math.abs)) > 0.1)
  })

  test('trained from random weights ends on the plane of the principal components', () => {
    const cell = linearCell({}, D, K)
    let p: CellParameters = {
      encoder: [{ weight: normals('w', [D, K]).mul(0.3), bias: constant([0, 0]) }],
      decoder: [{ weight: normals('v', [K, D]).mul(0.3), bias: constant(mean) }],
    }
    const input = tensor(x)
    for (let k = 0; k < 2500; k++) {
      const { loss } = cell.learn(p, input, quiet, 'noise')
      const own = leaves(p).map(([, leaf]) => leaf)
      const next = grad(loss, own).map((g, i) => constant(numbers(own[i]!.sub(g.mul(0.01))), own[i]!.shape))
      p = { encoder: [{ weight: next[0]!, bias: next[1]! }], decoder: [{ weight: next[2]!, bias: next[3]! }] }
    }
    close([descent(cell, p, input).loss], [values.slice(K).reduce((a, b) => a + b)], 1e-4)
  })
})

describe('a linear denoising auto-encoder', () => {
  const D = 3
  const x = rowsOf(numbers(normals('dae', [4, D])), 4).flatMap((row) => [row, row.map((v) => -v)])
  const S = matmul(transpose(x), x).map((row) => row.map((v) => v / x.length))
  /** All images with all of the noise, and what a given linear map makes of them: loss and gradients. */
  const denoising = (options: Partial<CellOptions>, noise: Matrix, R: Matrix) => {
    const clean = x.flatMap((row) => noise.map(() => row))
    const drawn = constant(
      x.flatMap(() => noise.flat()),
      [clean.length, D],
    )
    const random: Random = { normal: () => drawn, uniform: () => drawn }
    const cell = linearCell({ cell: 'denoising', ...options }, D, D)
    const zeros = constant(new Array(D).fill(0))
    const p = {
      encoder: [{ weight: tensor(transpose(R)), bias: zeros }],
      decoder: [{ weight: tensor(identity(D)), bias: zeros }],
    }
    return descent(cell, p, tensor(clean), random)
  }

  test('under Gaussian noise is S (S + sigma^2 I)^-1, at the loss tr(S) - tr(R S)', () => {
    const sigma = 0.7
    // Noise of mean 0 and second moment I: sqrt(D) times plus and minus each axis.
    const noise = [1, -1].flatMap((sign) => identity(D).map((row) => row.map((v) => sign * Math.sqrt(D) * v)))
    const R = matmul(S, inverse(S.map((row, i) => row.map((v, j) => v + (i === j ? sigma ** 2 : 0)))))
    const best = denoising({ noise: 'gaussian', noiseLevel: sigma }, noise, R)
    close(best.gradients, new Array(best.gradients.length).fill(0), 1e-6)
    close([best.loss], [trace(S) - trace(matmul(R, S))], 1e-6)
  })

  test('under masking is S (m S + (1 - m) diag S)^-1, m the part that is kept', () => {
    // All eight masks once each: every element is kept in half of them.
    const masks = Array.from({ length: 2 ** D }, (_, k) => Array.from({ length: D }, (_, j) => ((k >> j) & 1) * 0.9))
    const R = matmul(S, inverse(S.map((row, i) => row.map((v, j) => v * (i === j ? 1 : 0.5)))))
    const best = denoising({ noise: 'masking', noiseLevel: 0.5 }, masks, R)
    close(best.gradients, new Array(best.gradients.length).fill(0), 1e-6)
    close([best.loss], [trace(S) - 0.5 * trace(matmul(R, S))], 1e-6)
  })
})

test('a sparse cell is judged by the activities that stand out of the batch, and hands all of them up', () => {
  const cell = linearCell({ sparsity: 0.5 }, 1, 1)
  const p = {
    encoder: [{ weight: constant([2], [1, 1]), bias: constant([0]) }],
    decoder: [{ weight: constant([1], [1, 1]), bias: constant([0]) }],
  }
  // Activities 0, 2, 4, 6: mean 3, deviation sqrt(5); only 6 is above 3 + 0.5 sqrt(5).
  const { latent, loss } = cell.learn(p, constant([0, 1, 2, 3], [4, 1]), quiet, 'noise')
  close(numbers(latent), [0, 2, 4, 6])
  close(numbers(loss), [(0 + 1 + 4 + 9) / 4])
})
