// What difference targets are equal to: activities, backpropagation, and in which order.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, grad, type Tensor } from '../../../src/graph/index.js'
import { crossEntropy, squaredError } from '../../../src/nn/losses.js'
import { propagateTargets } from '../../../src/rules/target-propagation/targets.js'
import { close, normals, numbers, whole } from '../../nn/evaluate.js'
import { distance, minus } from '../matrices.js'
import { given, RATE } from './given.js'

describe('difference targets', () => {
  test('without a first step every target is its activity and no hidden layer moves; in plain form they move', () => {
    for (const topTarget of ['gradient', 'output'] as const)
      for (const hidden of ['tanh', 'sign', 'bernoulli'] as const) {
        const still = (form: 'difference' | 'drl' | 'plain'): boolean => {
          const own = given({ topTarget, hidden, form, step: 0 })
          const { state, metrics } = own.run('forward')
          const moved = ['layers.0.weight', 'layers.1.bias'].flatMap(
            (name) => minus([state[name]!], [own.state[name]!])[0]!,
          )
          return moved.every((v) => Math.abs(v) < 1e-12) && metrics['layer 0/loss']![0]! < 1e-24
        }
        assert.deepEqual(
          [still('difference'), still('drl'), still('plain')],
          [true, true, false],
          `${topTarget} ${hidden}`,
        )
      }
  })

  for (const [name, phi] of [
    ['linear', (u: Tensor) => u],
    ['tanh', (u: Tensor) => u.tanh()],
  ] as const)
    for (const beta of [0.7, 0.1, 1e-3])
      test(`with transposed Jacobians as inverses they give backpropagation, ${name}, step ${beta}`, () => {
        const sizes = [5, 6, 4, 3]
        const weights = sizes.slice(1).map((size, i) => normals(`w${i}`, [sizes[i]!, size]).mul(0.5))
        const h = [normals('x', [7, 5])]
        for (const weight of weights) h.push(phi(h.at(-1)!.matmul(weight)))
        const readout = normals('readout', [3, 4])
        const loss = crossEntropy(h.at(-1)!.matmul(readout), whole(0, 1, 2, 3, 2, 1, 0))
        const slope = (i: number): Tensor => (name === 'tanh' ? constant(1).sub(h[i + 1]!.square()) : constant(1))
        const down = weights
          .slice(1)
          .map((weight, i) => (v: Tensor) => v.mul(slope(i + 1)).matmul(weight, { transposeB: true }))
        const [error] = grad(loss.sum(), [h.at(-1)!])
        const targets = propagateTargets(h.slice(1), h.at(-1)!.sub(error!.mul(beta)), down, 'difference')
        const backpropagated = grad(loss.mean(), weights)
        weights.forEach((weight, i) => {
          const own = phi(h[i]!.stopGradient().matmul(weight))
          const [local] = grad(
            squaredError(own, targets[i]!.stopGradient())
              .mean()
              .mul(0.5 / beta),
            [weight],
          )
          close(numbers(local!), numbers(backpropagated[i]!), 1e-12, `layer ${i}`)
        })
      })

  test('one hidden layer with a gradient target learns by step times the gradient of backpropagation', () => {
    const own = given({ units: [5], step: 0.3 })
    assert.deepEqual(Object.keys(own.traced.steps), ['forward'])
    const { state } = own.run('forward')
    const lossAt = (i: number, shift: number): number => {
      const value = own.state['layers.0.weight']!
      return own.run('forward', { ...own.state, 'layers.0.weight': value.with(i, value[i]! + shift) }).metrics.loss![0]!
    }
    const h = 1e-5
    const slopes = own.state['layers.0.weight']!.map((_, i) => (lossAt(i, h) - lossAt(i, -h)) / (2 * h))
    const moved = minus([own.state['layers.0.weight']!], [state['layers.0.weight']!])[0]!
    close(
      moved.map((v) => v / RATE / 0.3),
      slopes,
      1e-9,
    )
  })

  test('the update divided by the step converges as the step goes to 0, in first order', () => {
    const updateAt = (step: number): number[] => {
      const own = given({ step })
      const { state } = own.run('forward')
      return minus([own.state['layers.0.weight']!], [state['layers.0.weight']!])[0]!.map((v) => v / step)
    }
    const limit = updateAt(1e-7)
    const [coarse, fine] = [0.02, 0.002].map((step) => distance([updateAt(step)], [limit]))
    assert.ok(coarse! > 1e-6 && Math.abs(coarse! / fine! - 10) < 0.5, `${coarse} ${fine}`)
  })
})
