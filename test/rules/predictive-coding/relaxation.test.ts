// Oracles of the relaxation: closed forms, finite differences, backpropagation, a Gauss-Seidel sweep by hand.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, grad, reachable, type Tensor } from '../../../src/graph/index.js'
import { largestCurvature } from '../../../src/rules/predictive-coding/curvature.js'
import {
  ACTIVATION_NAMES,
  type Architecture,
  constraints,
  outputOf,
} from '../../../src/rules/predictive-coding/network.js'
import { largestStep } from '../../../src/rules/predictive-coding/options.js'
import { afterDual, energy, relax, slopeOf, turn } from '../../../src/rules/predictive-coding/relaxation.js'
import { close, differences, normals, numbers } from '../../nn/evaluate.js'
import { rowsOf } from '../harness.js'
import { eigen, inverse, type Matrix, matmul, minus, transpose, zip } from '../matrices.js'
import { adjoints, authors, cosine, fixed, from, type Given, given, LINEAR, relaxed } from './given.js'

const ARCHITECTURES = ACTIVATION_NAMES.flatMap((activation) =>
  (['residual', 'plain'] as const).map((architecture): Architecture => ({ ...LINEAR, architecture, activation })),
)
const nameOf = ({ architecture, activation }: Architecture): string => `${architecture}, ${activation}`

/** A point away from the forward pass. */
const away = ({ z }: Given) => ({
  z: fixed(z.add(normals('away', z.shape).mul(0.3))),
  lambda: fixed(normals('lambda', z.shape).mul(0.2)),
})

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((v, i) => Math.abs(v - b[i]!))) / Math.max(...b.map(Math.abs))

/** lambda_max, exactly enough for these tests. */
const curvatureOf = ({ net }: Given, rho = 1, turns = 300): number => {
  const random = { uniform: assert.fail, normal: normals }
  return numbers(largestCurvature(net, random, rho, turns))[0]!
}

describe('the energy', () => {
  for (const h of ARCHITECTURES)
    test(`its slope by activities and weights is that of finite differences: ${nameOf(h)}`, () => {
      const own = given({ ...h, width: 3 }, { inputs: 4, outputs: 3, batch: 2 })
      const { z, lambda } = away(own)
      const rho = 1.7
      const total = energy(own.net, { z, lambda }, own.y, rho)
      const u = constraints(own.net, z).mul(rho).add(lambda)
      close(numbers(slopeOf(own.net, z, u, own.y)), differences(total, z), 1e-8)
      for (const weight of own.parameters)
        close(numbers(grad(total.sum(), [weight])[0]!), differences(total, weight), 1e-8)
    })

  test('has the slope -s_l phi(z_{l-1})^T u_l by the weights of layer l', () => {
    const own = given({ ...LINEAR, activation: 'tanh' })
    const { z, lambda } = away(own)
    const u = constraints(own.net, z).mul(2).add(lambda)
    const below = z.slice(0, 1, 2).reshape([7, 8]).tanh()
    const expected = below.matmul(u.slice(0, 2, 3).reshape([7, 8]), { transposeA: true }).mul(-1 / Math.sqrt(32))
    const found = grad(energy(own.net, { z, lambda }, own.y, 2).sum(), [own.weights.middle])[0]!
    close(numbers(found.slice(0, 1, 2)), numbers(expected), 1e-12)
  })
})

/** For each sample of a linear network, F at the equilibrium of predictive coding: r^T S^-1 r / 2. */
function closedForm({ weights, net, y, x, h }: Given): number[] {
  const matrix = (w: Tensor): Matrix => rowsOf(numbers(w), w.shape[0]!)
  const middle = Array.from({ length: h.depth - 2 }, (_, l) => {
    const own = matrix(net.up.slice(0, l, l + 1).reshape([h.width, h.width]))
    return net.skips ? own.map((row, i) => row.map((v, j) => v + Number(i === j))) : own
  })
  // What reaches the output from z_l, for l = L - 1 down to 1: ours are row vectors.
  const paths = [matrix(net.out)]
  for (const own of middle.toReversed()) paths.push(matmul(own, paths.at(-1)!))
  const gram = paths.map((path) => matmul(transpose(path), path)).reduce((a, b) => zip((v, w) => v + w, a, b))
  const S = gram.map((row, i) => row.map((v, j) => v + Number(i === j)))
  const first = matrix(weights.first.mul(1 / Math.sqrt(weights.first.shape[0]!)))
  const r = minus(matrix(y), matmul(matrix(x), matmul(first, paths.at(-1)!)))
  return r.map((row) => matmul(matmul([row], inverse(S)), transpose([row]))[0]![0]! / 2)
}

describe('predictive coding in a linear network', () => {
  for (const architecture of ['residual', 'plain'] as const)
    test(`comes to rest at the closed form of its energy: ${architecture}`, () => {
      const own = given({ ...LINEAR, architecture }, { inputs: 6, outputs: 3, batch: 4 })
      const point = relaxed(own, 0.9 / curvatureOf(own), authors(2500, { alpha: 0 }))
      const expected = closedForm(own)
      close(numbers(energy(own.net, { z: point.z }, own.y, 1)), expected, 1e-10)
      const start = numbers(own.loss)
      assert.ok(
        expected.every((F, i) => F < 0.97 * start[i]!),
        `${expected} of ${start}`,
      )
    })
})

describe('PC-ALM', () => {
  const own = given(LINEAR)
  const eta = 1 / curvatureOf(own)

  test('in a linear network has the gradients of backpropagation in the end, and its adjoints as multipliers', () => {
    const point = relaxed(own, eta, authors(2000))
    const found = grad(energy(own.net, point, own.y, 1).mean(), own.parameters)
    const expected = grad(own.loss.mean(), own.parameters)
    found.forEach((g, i) => {
      const error = distance(numbers(g), numbers(expected[i]!))
      assert.ok(error < 1e-5, `weights ${i}: ${error}`)
    })
    const lambda = numbers(point.lambda)
    const adjoint = adjoints(own)
    assert.ok(Math.hypot(...adjoint) > 0.1)
    close(lambda, adjoint, 1e-6)
    close(numbers(point.z), numbers(own.z), 1e-5)
  })

  test('its multipliers are the adjoints also with rectifiers, whose fixed point is the forward pass', () => {
    const relu = given({ ...LINEAR, activation: 'relu' })
    const point = relaxed(relu, 1 / curvatureOf(relu), authors(3000))
    close(numbers(point.lambda), adjoints(relu), 1e-5)
  })

  test('starts without a residual', () => {
    for (const h of ARCHITECTURES) {
      const { net, z } = given(h)
      close(numbers(constraints(net, z)), Array<number>(z.size).fill(0), 1e-14)
    }
  })

  test('the multipliers move by alpha c once more for the gradient after their last step', () => {
    const point = relaxed(own, eta, authors(5, { alpha: 0.7 }))
    const after = afterDual(own.net, point, 0.7)
    const c = numbers(constraints(own.net, point.z))
    close(
      numbers(after.lambda!),
      numbers(point.lambda).map((v, i) => v + 0.7 * c[i]!),
      1e-14,
    )
    assert.ok(Math.max(...c.map(Math.abs)) > 1e-3)
  })

  test("a sample's activities do not depend on the batch", () => {
    const own = given({ ...LINEAR, activation: 'relu' })
    const { x, y, weights, h } = own
    for (const sweep of ['jacobi', 'reverse'] as const) {
      const r = authors(12, { sweep })
      const together = numbers(relaxed(own, 0.2, r).z.transpose([1, 0, 2]))
      const alone = Array.from({ length: 7 }, (_, i) => {
        const one = from(weights, x.slice(0, i, i + 1), y.slice(0, i, i + 1), h)
        return numbers(relaxed(one, 0.2, r).z.transpose([1, 0, 2]))
      })
      close(together, alone.flat(), 1e-12)
    }
  })

  // k (2 + alpha) < 4 with k = eta lambda_max and rho = 1.
  for (const alpha of [0.5, 1, 2])
    test(`is stable up to k (2 + alpha) = 4, and no further: alpha ${alpha}`, () => {
      const own = given({ ...LINEAR, depth: 8, width: 4 }, { inputs: 6, batch: 1 })
      const largest = curvatureOf(own, 1, 600)
      const size = (product: number): number => {
        const k = product / (2 + alpha)
        return Math.max(...numbers(relaxed(own, k / largest, authors(800, { alpha })).z).map(Math.abs))
      }
      const start = Math.max(...numbers(own.z).map(Math.abs))
      assert.ok(size(3.9) < 10 * start, `${size(3.9)} from ${start}`)
      assert.ok(!(size(4.1) < 1e3 * start), `${size(4.1)} from ${start}`)
    })

  for (const [alpha, innerSteps] of [
    [2.5, 2],
    [1, 3],
  ] as const)
    test(`with ${innerSteps} steps in each turn it is stable up to the largest step: alpha ${alpha}`, () => {
      const own = given({ ...LINEAR, depth: 8, width: 4 }, { inputs: 6, batch: 1 })
      const eta = largestStep(alpha, innerSteps) / curvatureOf(own, 1, 600)
      const size = (part: number): number =>
        Math.max(...numbers(relaxed(own, part * eta, authors(200, { alpha, innerSteps })).z).map(Math.abs))
      const start = Math.max(...numbers(own.z).map(Math.abs))
      assert.ok(size(0.97) < 10 * start, `${size(0.97)} from ${start}`)
      assert.ok(!(size(1.04) < 1e3 * start), `${size(1.04)} from ${start}`)
    })

  for (const [h, least] of [
    [{ ...LINEAR, depth: 32, width: 32 }, 0.75],
    [{ ...LINEAR, depth: 32, width: 32, activation: 'relu' }, 0.9],
  ] as [Architecture, number][])
    test(`after 2 L turns in 32 layers its gradient is nearer to backpropagation's than that of PC: ${h.activation}`, () => {
      const deep = given(h, { inputs: 64, outputs: 10, batch: 3 })
      const expected = grad(deep.loss.mean(), deep.parameters).flatMap(numbers)
      const to = (alpha: number): number => {
        const { z, lambda } = relaxed(deep, 0.22, authors(64, { alpha }))
        return cosine(
          grad(energy(deep.net, { z, lambda }, deep.y, 1).mean(), deep.parameters).flatMap(numbers),
          expected,
        )
      }
      const [alm, pc] = [to(1), to(0)]
      assert.ok(alm > least && alm > pc + 0.1, `${alm} and ${pc}`)
    })
})

describe('a reverse sweep', () => {
  for (const alpha of [0, 1])
    test(`moves every layer after the one above it has moved: alpha ${alpha}`, () => {
      const own = given({ ...LINEAR, activation: 'relu' })
      const { net, y } = own
      const [eta, rho] = [0.2, 1.3]
      const start = away(own)
      let { z } = start
      let { lambda } = start
      if (alpha > 0) lambda = fixed(lambda.add(constraints(net, z).mul(alpha)))
      for (let l = 2; l >= 0; l--) {
        const u = constraints(net, z).mul(rho).add(lambda)
        const slope = numbers(slopeOf(net, z, u, y))
        const size = slope.length / 3
        const moved = numbers(z).map((v, i) => (Math.floor(i / size) === l ? v - eta * slope[i]! : v))
        z = constant(moved, z.shape)
      }
      const point = turnOf(own, start, eta, { alpha, rho })
      // What is above has moved already, but a layer still sees what is below as it was: the slope of layer l does so.
      close(numbers(point), numbers(z), 1e-12)
    })

  test('reaches the same equilibrium', () => {
    const own = given(LINEAR)
    const eta = 0.8 / curvatureOf(own)
    const [jacobi, reverse] = (['jacobi', 'reverse'] as const).map((sweep) =>
      numbers(relaxed(own, eta, authors(1000, { alpha: 0, sweep })).z),
    )
    close(reverse!, jacobi!, 1e-8)
  })
})

/** One turn of a reverse sweep from a point. */
function turnOf(
  own: Given,
  { z, lambda }: ReturnType<typeof away>,
  eta: number,
  other: { alpha: number; rho: number },
) {
  const r = authors(1, { ...other, sweep: 'reverse' })
  return turn(own.net, { z, lambda }, own.y, constant(eta), r).z
}

describe('an early stop', () => {
  const own = given(LINEAR)
  const run = (turns: number, tolerance: number) =>
    relax(own.net, own.z, own.y, constant(0.2), authors(turns, { tolerance }))

  test('ends where nothing moves by more, at most at T, and says after how many turns', () => {
    const settled = run(1000, 1e-3)
    const [count, residual] = [numbers(settled.turns)[0]!, numbers(settled.residual)[0]!]
    assert.ok(count > 10 && count < 1000 && residual <= 1e-3, `${count}, ${residual}`)
    const fixedCount = run(count, 0)
    close(numbers(settled.z), numbers(fixedCount.z), 0)
    close(numbers(settled.lambda!), numbers(fixedCount.lambda!), 0)
    close(numbers(fixedCount.residual), [residual], 0)
    assert.ok(numbers(run(count - 1, 0).residual)[0]! > 1e-3)
    assert.equal(numbers(run(4, 1e-3).turns)[0], 4)
  })

  test('looks at activities and at multipliers', () => {
    const [two, three] = [run(2, 0), run(3, 0)]
    const change = (a: Tensor, b: Tensor): number => Math.max(...numbers(a.sub(b).abs()))
    const [z, lambda] = [change(three.z, two.z), change(three.lambda!, two.lambda!)]
    close(numbers(three.residual), [Math.max(z, lambda)], 0)
    assert.notEqual(z, lambda)
  })
})

describe('the step size', () => {
  for (const h of ARCHITECTURES)
    test(`is measured by the largest eigenvalue of the energy's Hessian: ${nameOf(h)}`, () => {
      const own = given({ ...h, width: 2 }, { inputs: 4, outputs: 3, batch: 2 })
      const z = fixed(own.z)
      // The output is as it should be, so that the Hessian is that of the squares alone.
      const total = energy(own.net, { z }, fixed(outputOf(own.net, own.z)), 1.5).sum()
      const slope = grad(total, [z])[0]!
      const size = z.size
      const rows = Array.from({ length: size }, (_, i) => {
        const unit = constant(
          Array.from({ length: size }, (_, j) => Number(i === j)),
          z.shape,
        )
        return numbers(grad(slope.mul(unit).sum(), [z])[0]!)
      })
      close([curvatureOf(own, 1.5)], [eigen(rows).values[0]!], 1e-4)
    })
})

test('the program has as many operations at any depth', () => {
  const count = (depth: number): number => {
    const { net, y, z } = given({ ...LINEAR, depth })
    const { z: end, lambda } = relax(net, z, y, constant(0.2), authors(2 * depth))
    return reachable([energy(net, { z: end, lambda }, y, 1)]).length
  }
  assert.equal(count(128), count(8))
})
