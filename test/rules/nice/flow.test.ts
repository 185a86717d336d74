// The flow itself: its golden vector, closed forms of the priors, its inverse and its determinant.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as ort from 'onnxruntime-node'
import { constant, input, interpret, type Tensor, value } from '../../../src/graph/index.js'
import { affine } from '../../../src/nn/index.js'
import { newCoupling } from '../../../src/rules/nice/coupling.js'
import { type FlowState, flowOf } from '../../../src/rules/nice/flow.js'
import { halvesOf, natural, regroup } from '../../../src/rules/nice/orders.js'
import { PRIORS } from '../../../src/rules/nice/priors.js'
import { openProgram } from '../../../src/runtime/client.js'
import { createEngine } from '../../../src/runtime/engine.js'
import type { Ort } from '../../../src/runtime/slots.js'
import { close, normals, numbers, uniforms } from '../../nn/evaluate.js'
import { taskOf } from '../harness.js'
import { hyperOf, type Options } from './given.js'

/** The specification's wave: rows [i], columns [j], transposed to weights [in, out]. */
const wave = (rows: number, columns: number, layer: number): Tensor =>
  constant(
    Array.from({ length: rows * columns }, (_, n) => {
      const [i, j] = [Math.floor(n / columns), n % columns]
      return Math.sin(1 + 3 * i + 5 * j + 7 * layer)
    }),
    [rows, columns],
  ).transpose()

/** Random weights and scalings everywhere: a flow far from the identity. */
function randomFlow(size: number, options: Options = {}, deviation = 0.5) {
  const hyper = hyperOf(options)
  const flow = flowOf(taskOf({ shape: [1, 1, size] }), hyper)
  const draw = { normal: normals, uniform: (name: string, shape: readonly number[]) => uniforms(name, ...shape) }
  const couplings = flow.orders.map((order, k) => {
    const { layers, scale } = newCoupling(draw, `coupling ${k}`, order, hyper.units)
    const last = layers.at(-1)!
    return {
      layers: [
        ...layers.slice(0, -1),
        { weight: normals(`last ${k}`, last.weight.shape).mul(deviation), bias: last.bias },
      ],
      scale: normals(`scale ${k}`, scale.shape).mul(0.3),
    }
  })
  const [centre, unit] = [uniforms('centre', size), uniforms('unit', size).add(0.5)]
  return { flow, state: { couplings, centre, unit } satisfies FlowState }
}

describe('the golden vector of the specification', () => {
  const hyper = (prior: string) => hyperOf({ couplings: 4, prior })
  const task = taskOf({ shape: [1, 1, 4] })
  const bias = (size: number): Tensor => constant(Array(size).fill(0))
  // Four coordinates: even couplings add to (1, 3), odd ones to (0, 2); a scaling alone at the end, in its order.
  const state: FlowState = {
    couplings: [0, 1, 2, 3].map((k) => ({
      layers: [
        { weight: wave(3, 2, k), bias: bias(3) },
        { weight: wave(2, 3, k + 10), bias: bias(2) },
      ],
      scale: constant(k === 3 ? [-0.2, 0.05, 0.1, 0.3] : [0, 0, 0, 0]),
    })),
    centre: bias(4),
    unit: constant([1, 1, 1, 1]),
  }
  const x = constant([0.2, 0.7, 0.4, 0.9], [1, 4])
  for (const [prior, expected] of [
    ['logistic', -5.89792527],
    ['gaussian', -4.68115019],
  ] as const)
    test(`under the ${prior} prior`, () => {
      const flow = flowOf(task, hyper(prior), ([lower, upper], a) => affine(upper!, affine(lower!, a).tanh()))
      const end = flow.after(state, x).at(-1)!
      close(numbers(flow.latent(state, x)), [-0.18626483, 0.48426641, 1.06771009, 1.04956121], 1e-8, 'z')
      close(numbers(end.at(-1)!), [0.25], 1e-12, 'log-determinant')
      close(numbers(flow.logLikelihood(state, end)), [expected], 1e-8, 'log-likelihood')
      close(numbers(flow.density(constant([1980.5])).bits), [(Math.log(256) - 1980.5 / 4) / Math.LN2], 1e-12, 'bits')
    })
})

describe('priors', () => {
  const z = constant([-3, -0.5, 0, 1.25, 40])
  test('have the densities that they are named for', () => {
    const logistic = numbers(z).map((v) => Math.log(Math.exp(-Math.abs(v)) / (1 + Math.exp(-Math.abs(v))) ** 2))
    close(numbers(PRIORS.logistic.logDensity(z)), logistic, 1e-12)
    close(
      numbers(PRIORS.gaussian.logDensity(z)),
      numbers(z)
        .map((v) => Math.log(Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI)))
        .with(4, -800 - Math.log(2 * Math.PI) / 2),
      1e-12,
    )
  })
  test('are sampled: mean 0, and the deviation that they tell', () => {
    for (const { sample, deviation } of Object.values(PRIORS)) {
      const draw = { normal: normals, uniform: (name: string, shape: readonly number[]) => uniforms(name, ...shape) }
      const drawn = numbers(sample(draw, 'z', [40000]))
      const mean = drawn.reduce((a, b) => a + b) / drawn.length
      const variance = drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length
      assert.ok(Math.abs(mean) < 0.04 * deviation)
      assert.ok(Math.abs(Math.sqrt(variance) / deviation - 1) < 0.02)
    }
  })
  test('the logistic one is finite where the uniform number is 0 or next to 1', () => {
    const ends = { normal: normals, uniform: () => constant([0, 1 - 2 ** -24]) }
    const [low, high] = numbers(PRIORS.logistic.sample(ends, 'z', [2])) as [number, number]
    assert.ok(low < -16 && low > -18 && high > 16 && high < 18)
  })
})

describe('the order of coordinates', () => {
  test('alternates, or is random: a new one for each coupling, the same again for the same seed', () => {
    const { structure } = taskOf()
    assert.deepEqual(halvesOf(5, { couplings: 2, split: 'alternating' }, structure), [
      [
        [0, 2, 4],
        [1, 3],
      ],
      [
        [1, 3],
        [0, 2, 4],
      ],
    ])
    const random = halvesOf(9, { couplings: 3, split: 'random' }, structure)
    assert.deepEqual(random, halvesOf(9, { couplings: 3, split: 'random' }, structure))
    for (const order of random)
      assert.deepEqual(
        order.flat().sort((a, b) => a - b),
        natural(9)[0],
      )
    assert.equal(new Set(random.map((order) => order.flat().join())).size, 3)
  })
  test('changes there and back', () => {
    const [a, b] = halvesOf(9, { couplings: 2, split: 'random' }, taskOf().structure) as [number[][], number[][]]
    const x = normals('x', [2, 9])
    const parts = regroup(natural(9), a)([x])
    close(
      numbers(parts[1]!),
      [0, 1].flatMap((row) => a[1]!.map((i) => numbers(x)[9 * row + i]!)),
    )
    close(numbers(regroup(b, natural(9))(regroup(a, b)(parts))[0]!), numbers(x))
  })
})

for (const split of ['alternating', 'random'] as const)
  describe(`a flow with ${split} halves`, () => {
    const { flow, state } = randomFlow(7, { split, couplings: 3 })
    const x = uniforms('x', 2, 7)

    test('is inverted to 1e-12, in both directions', () => {
      close(numbers(flow.inverse(state, flow.latent(state, x))), numbers(x), 1e-12)
      const z = normals('z', [2, 7])
      close(numbers(flow.latent(state, flow.inverse(state, z))), numbers(z), 1e-12)
    })

    test('has the determinant of its Jacobian, by central differences', () => {
      const one = x.slice(0, 0, 1)
      const at = numbers(one)
      const z = flow.latent(state, one)
      const h = 1e-5
      const rows = at.map((_, i) => {
        const [above, below] = [h, -h].map((step) => {
          const moved = new Map([[one, value(one, at.with(i, at[i]! + step))]])
          return Array.from(interpret([z], moved)[0]!.data)
        })
        return above!.map((v, j) => (v - below![j]!) / (2 * h))
      })
      const inUnits = numbers(state.unit.log().sum())[0]!
      const told = numbers(flow.after(state, one).at(-1)!.at(-1)!)[0]! - inUnits
      assert.ok(Math.abs(Math.log(Math.abs(determinant(rows))) - told) < 1e-7)
    })

    test('says the density of its latent coordinates', () => {
      const end = flow.after(state, x).at(-1)!
      const z = numbers(flow.latent(state, x))
      const prior = numbers(PRIORS.logistic.logDensity(constant(z, [2, 7])).sum(1))
      const determinant = numbers(end.at(-1)!)[0]! - numbers(state.unit.log().sum())[0]!
      close(
        numbers(flow.logLikelihood(state, end)),
        prior.map((v) => v + determinant),
        1e-10,
      )
    })
  })

test('a flow of images is inverted to 1e-5 in float32', async () => {
  const { flow, state } = randomFlow(784, { units: [64, 64], split: 'random' }, 0.05)
  const x = input({ name: 'x', kind: 'data', shape: [8, 784], dtype: 'float32' })
  const graph = {
    state: [],
    batch: [{ name: 'x', input: x }],
    metrics: [{ name: 'again', output: flow.inverse(state, flow.latent(state, x)) }],
  }
  const engine = createEngine(ort as unknown as Ort)
  const program = await openProgram(engine, graph, { device: 'cpu' }, 1)
  const pixels = Float32Array.from(numbers(uniforms('pixels', 8, 784)))
  const { metrics } = await program.run(1, { x: pixels.slice() })
  await program.dispose()
  const errors = pixels.map((p, i) => Math.abs(p - metrics.again![i]!))
  assert.ok(Math.max(...errors) < 1e-5, `${Math.max(...errors)}`)
})

/** By elimination with pivots. */
function determinant(matrix: readonly (readonly number[])[]): number {
  const rows = matrix.map((row) => [...row])
  let product = 1
  for (let k = 0; k < rows.length; k++) {
    const pivot = rows.reduce((best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best), k)
    if (pivot !== k) {
      const kept = rows[k]!
      rows[k] = rows[pivot]!
      rows[pivot] = kept
      product = -product
    }
    product *= rows[k]![k]!
    for (let i = k + 1; i < rows.length; i++) {
      const factor = rows[i]![k]! / rows[k]![k]!
      for (let j = k; j < rows.length; j++) rows[i]![j]! -= factor * rows[k]![j]!
    }
  }
  return product
}
