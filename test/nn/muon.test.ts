import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant, type Tensor } from '../../src/graph/index.js'
import { muon, orthogonalised, sgd } from '../../src/nn/index.js'
import { close, normals, numbers } from './evaluate.js'

const f = (x: number): number => 3.4445 * x - 4.775 * x ** 3 + 2.0315 * x ** 5

test('on a diagonal matrix the iteration is its polynomial on each singular value', () => {
  const diagonal = [3, 1, 0.2]
  const u = constant(
    diagonal.flatMap((s, i) => [0, 1, 2, 3].map((j) => (i === j ? s : 0))),
    [3, 4],
  )
  const norm = Math.hypot(...diagonal) + 1e-7
  const expected = diagonal.map((s) => f(f(f(s / norm))))
  const x = numbers(orthogonalised(u, 3))
  close(
    [0, 1, 2].map((i) => x[i * 5]!),
    expected,
  )
  assert.ok(x.every((value, at) => at % 5 === 0 || Math.abs(value) < 1e-12))
})

test('a rotation of the rows or columns turns the result by the same rotation', () => {
  const u = normals('u', [3, 5])
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)]
  const rotation = constant([c, -s, 0, s, c, 0, 0, 0, 1], [3, 3])
  close(numbers(orthogonalised(rotation.matmul(u), 3)), numbers(rotation.matmul(orthogonalised(u, 3))), 1e-10)
})

test('a tall matrix gives the transpose of what its transpose gives, and zeros stay zero', () => {
  const u = normals('tall', [6, 2])
  close(numbers(orthogonalised(u, 3)), numbers(orthogonalised(u.transpose(), 3).transpose()), 1e-12)
  close(numbers(orthogonalised(constant(new Array(6).fill(0), [2, 3]), 3)), new Array(6).fill(0))
})

test('five turns bring all singular values of a random matrix near 1', () => {
  const x = orthogonalised(normals('wide', [4, 40]), 5)
  const gram = numbers(x.matmul(x, { transposeB: true }))
  for (const [at, value] of gram.entries()) {
    if (at % 5 === 0) assert.ok(value > 0.4 && value < 1.6, `${value}`)
    else assert.ok(Math.abs(value) < 0.6, `${value}`)
  }
})

/** Two steps of kernels [2, 1, 1, 2], a matrix [2, 4] and a bias, with momentum. */
test('kernels are renormalised and stepped, matrices scaled by their shape, and all else goes to the others', () => {
  const start = { kernel: constant([3, 0, 0, 4], [2, 1, 1, 2]), matrix: constant(new Array(8).fill(1), [2, 4]) }
  let parameters: { kernel: Tensor; matrix: Tensor; bias: Tensor } = { ...start, bias: constant([1]) }
  const optimizer = muon({ momentum: 0.6, others: sgd(), othersRate: 0.5 })
  let state = optimizer.init(parameters)
  const [g1, g2] = [
    [1, 0, 0, 0.5],
    [0, 2, -1, 0],
  ]
  let kernel = [3, 0, 0, 4]
  let [moment, bias] = [[0, 0, 0, 0], 1]
  for (const g of [g1!, g2!]) {
    const gradients = [constant(g, [2, 1, 1, 2]), constant(new Array(8).fill(0), [2, 4]), constant([0.3])]
    ;[parameters, state] = optimizer.update(parameters, gradients, state, constant(0.1))
    moment = moment.map((m, i) => 0.6 * m + g[i]!)
    const u = constant(
      g.map((own, i) => own + 0.6 * moment[i]!),
      [2, 2],
    )
    const x = numbers(orthogonalised(u, 3))
    const norm = Math.hypot(...kernel)
    kernel = kernel.map((w, i) => (w * Math.SQRT2) / norm - 0.1 * x[i]!)
    bias -= 0.1 * 0.5 * 0.3
    close(numbers(parameters.kernel), kernel, 1e-12)
    close(numbers(parameters.bias), [bias], 1e-12)
    close(numbers(parameters.matrix), new Array(8).fill(1), 1e-12)
  }
})

test('a matrix that widens is stepped by the root of its proportions', () => {
  const w = constant(new Array(8).fill(0), [2, 4])
  const g = normals('g', [2, 4])
  const optimizer = muon({ momentum: 0, others: sgd(), othersRate: 1 })
  const [next] = optimizer.update({ w }, [g], optimizer.init({ w }), constant(0.1))
  close(
    numbers(next.w),
    numbers(orthogonalised(g, 3)).map((x) => -0.1 * Math.SQRT2 * x),
  )
})

test('without matrices, those go to the others too', () => {
  const w = constant([1, 2], [1, 2])
  const optimizer = muon({ matrices: false, others: sgd(), othersRate: 1 })
  const [next] = optimizer.update({ w }, [constant([1, 1], [1, 2])], optimizer.init({ w }), constant(0.1))
  close(numbers(next.w), [0.9, 1.9])
})
