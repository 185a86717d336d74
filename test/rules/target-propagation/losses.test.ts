// What the losses of the inverses and of the label auto-encoder are minimised by.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, grad, type Tensor } from '../../../src/graph/index.js'
import { denoisingLoss } from '../../../src/rules/target-propagation/label-autoencoder.js'
import { differenceReconstructionLoss, reconstructionLoss } from '../../../src/rules/target-propagation/targets.js'
import { close, normals, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, rowsOf } from '../harness.js'
import { distance, inverse, type Matrix, matmul, transpose, zip } from '../matrices.js'
import { given, type Options } from './given.js'

const tensor = (m: Matrix): Tensor => constant(m.flat(), [m.length, m[0]!.length])
describe('reconstruction losses on a linear chain', () => {
  // Down from 4 to 2 dimensions, then an invertible square. The noise has exactly the identity as its second moment.
  const J = numbers(normals('J', [2, 4]))
  const rows = rowsOf(J, 2)
  const K: Matrix = [
    [1.2, 0.3],
    [-0.4, 0.9],
  ]
  const noise = [1, -1].flatMap((s) => [0, 1, 2, 3].map((k) => [0, 1, 2, 3].map((j) => (j === k ? 2 * s : 0))))
  const spread = [2, 1, 0.5, 0.1]
  const h = rowsOf(numbers(normals('h', [8, 4])), 8).map((row) => row.map((v, j) => v * spread[j]!))
  const v = zip((a, b) => a + b, h, noise)
  const C = zip((s) => s / 8, matmul(transpose(v), v))
  const gram = (c: Matrix): number[][] => matmul(matmul(rows, c), transpose(rows))
  const solution = (c: Matrix): number[][] => matmul(matmul(c, transpose(rows)), inverse(gram(c)))
  const identity = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j)))
  const pseudoinverse = solution(identity)
  const weighted = solution(C)

  const linear = (m: Matrix) => (x: Tensor) => x.matmul(tensor(transpose(m)))
  const V = constant(0).broadcastTo([4, 2])
  const lossOf = {
    plain: (G: Tensor): Tensor =>
      reconstructionLoss(tensor(v), linear(rows), (x) => x.matmul(G, { transposeB: true })).mean(),
    difference: (G: Tensor): Tensor => {
      const activities = [tensor(h), linear(rows)(tensor(h)), linear(K)(linear(rows)(tensor(h)))]
      const down = [(x: Tensor) => x.matmul(G, { transposeB: true }), linear(inverse(K))]
      return differenceReconstructionLoss(0, tensor(v), activities, { up: [linear(rows), linear(K)], down }).mean()
    },
  }
  /** Gradient descent on the interpreter. */
  const minimised = (loss: (G: Tensor) => Tensor, rate: number, steps: number): number[][] => {
    let G: Matrix = rowsOf(numbers(V), 4)
    for (let k = 0; k < steps; k++) {
      const now = tensor(G)
      const [slope] = grad(loss(now), [now])
      G = zip((a, b) => a - rate * b, G, rowsOf(numbers(slope!), 4))
    }
    return G.map((row) => [...row])
  }

  test('the difference reconstruction loss finds the pseudo-inverse', () => {
    assert.ok(distance(minimised(lossOf.difference, 0.05, 400), pseudoinverse) < 0.01)
  })

  test("Lee's loss finds C J^T (J C J^T)^-1 instead, which depends on the data", () => {
    assert.ok(distance(weighted, pseudoinverse) > 0.1)
    assert.ok(distance(minimised(lossOf.plain, 0.02, 3000), weighted) < 0.01)
  })

  test('each has gradient 0 at its own solution alone', () => {
    const slopeAt = (loss: (G: Tensor) => Tensor, G: Matrix): number => {
      const at = tensor(G)
      return Math.max(...numbers(grad(loss(at), [at])[0]!).map(Math.abs))
    }
    for (const [loss, zero, other] of [
      [lossOf.difference, pseudoinverse, weighted],
      [lossOf.plain, weighted, pseudoinverse],
    ] as const) {
      assert.ok(slopeAt(loss, zero) < 1e-12)
      assert.ok(slopeAt(loss, other) > 0.01)
    }
  })
})

test('a linear denoising auto-encoder recovers the score of the smoothed Gaussian', () => {
  // Points and noise with exactly the covariances S and s I: every point with every noise vector.
  const A = [
    [1.1, 0.4],
    [-0.3, 0.6],
  ]
  const s = 0.3
  const S = matmul(A, transpose(A))
  const axes = [1, -1].flatMap((side) => [0, 1].map((k) => [0, 1].map((j) => (j === k ? side * Math.SQRT2 : 0))))
  const pairs = axes.flatMap((a) =>
    axes.map((n) => [matmul([a], transpose(A))[0]!, n.map((x) => x * Math.sqrt(s))] as const),
  )
  const smoothed = S.map((row, i) => row.map((x, j) => x + (i === j ? s : 0)))
  const best = matmul(S, inverse(smoothed))
  const R = tensor(transpose(best))
  const loss = (r: Tensor): Tensor =>
    denoisingLoss((x) => x.matmul(r), tensor(pairs.map(([x]) => x)), tensor(pairs.map(([, n]) => n))).mean()
  close(numbers(grad(loss(R), [R])[0]!), [0, 0, 0, 0], 1e-12)
  const other = R.add(0.01)
  assert.ok(numbers(grad(loss(other), [other])[0]!).every((g) => Math.abs(g) > 1e-3))
  const points = [
    [0.3, -1.2],
    [2, 0.1],
  ]
  const moved = zip((r, x) => (r - x) / s, matmul(points, transpose(best)), points)
  const score = zip((x) => -x, matmul(points, transpose(inverse(smoothed))))
  close(moved.flat(), score.flat(), 1e-12)
})

test('the noise of the inverses falls as noise / (1 + decay progress)', () => {
  const own = given({ noise: 0.5, noiseDecay: 10 })
  const feedback = own.traced.steps.feedback!
  const batch = batchFor(feedback, own.task, 1)
  const drawn = batch['noise.layers.0.noise']!
  const scaled = evaluate(given({ noise: 1 }).traced.steps.feedback!, own.state, {
    ...batch,
    ...Object.fromEntries(
      Object.entries(batch).flatMap(([name, z]) => (/\.noise$/.test(name) ? [[name, z.map((n) => n / 4)]] : [])),
    ),
  })
  assert.ok(drawn.length > 0 && batch.progress![0] === 0.1)
  close(
    evaluate(feedback, own.state, batch).metrics['inverse of layer 1/loss']!,
    scaled.metrics['inverse of layer 1/loss']!,
  )
})

test('the difference reconstruction loss is one over the squared noise, and damped by lambda / 2 || V ||^2', () => {
  const lossOf = (options: Options, scale: number): number => {
    const own = given({ form: 'drl', topTarget: 'output', ...options })
    const feedback = own.traced.steps.feedback!
    const batch = Object.entries(batchFor(feedback, own.task)).map(([name, z]) => [
      name,
      name.startsWith('noise') ? z.map((n) => n * scale) : z,
    ])
    return evaluate(feedback, own.state, Object.fromEntries(batch)).metrics['inverse of layer 2/loss']![0]!
  }
  const [loose, strict] = [lossOf({ noise: 1 }, 0.5), lossOf({ noise: 0.5 }, 1)]
  close([strict], [4 * loose])
  const weight = given({}).state['inverses.1.weight']!
  close([lossOf({ noise: 0.5, inverseDecay: 0.2 }, 1) - strict], [0.1 * weight.reduce((sum, v) => sum + v * v, 0)])
})
