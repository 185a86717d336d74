// Gradients that are hidden, or found without a derivative.
import { describe } from 'node:test'
import { argmax, constant, grad, oneHot, scan, type Tensor } from '../../src/graph/index.js'
import { descend, energy, errorOf, forward, type Given, honest, K, N, taught } from './given.js'
import { tellsAll } from './table.js'

describe('gradients without a derivative', () => {
  const lossAt = (g: Given, W0: Tensor): Tensor =>
    errorOf({ ...g, W0 })
      .square()
      .mean()
  tellsAll([
    {
      name: 'by finite differences of every weight',
      write: (g) => {
        const parts = Array.from({ length: 20 }, (_, i) => {
          const step = constant(
            Float32Array.from({ length: 20 }, (_, j) => (i === j ? 0.01 : 0)),
            [4, 5],
          )
          return lossAt(g, g.W0.add(step))
            .sub(lossAt(g, g.W0))
            .reshape([1])
            .mul(100)
            .mul(step.reshape([20]).mul(100))
        })
        return { ...honest(g), W0: descend(g.W0, parts.reduce((a, b) => a.add(b)).reshape([4, 5])) }
      },
      told: { broadcast: { numbers: 20 } },
    },
    {
      name: 'by perturbed weights',
      write: (g) => {
        const noise = g.noise('eps', [4, 5])
        const gain = lossAt(g, g.W0.add(noise.mul(0.01))).sub(lossAt(g, g.W0))
        return { ...honest(g), W0: descend(g.W0, noise.mul(gain)) }
      },
      told: { broadcast: { numbers: 1 } },
    },
    {
      name: 'by the sign of what a perturbation gains, again and again in a loop',
      write: (g) => {
        const noise = g.noise('eps', [16, 4, 5])
        const { carried } = scan(16, [g.W0.mul(0)], ([sum], index) => {
          const tried = noise.gather(index)
          const isBetter = lossAt(g, g.W0.add(tried.mul(0.01))).less(lossAt(g, g.W0))
          return { carried: [sum!.add(isBetter.select(tried, tried.neg()))] }
        })
        return { ...honest(g), W0: g.W0.add(carried[0]!.mul(0.01)) }
      },
      told: { broadcast: { bits: 16 }, choice: 'none' },
    },
    {
      name: 'by a perturbation that is kept where it gains, as weights times one or none',
      write: (g) => {
        const tried = g.W0.add(g.noise('eps', [4, 5]))
        const better = lossAt(g, tried).less(lossAt(g, g.W0)).cast('float32')
        return { ...honest(g), W0: tried.mul(better).add(g.W0.mul(better.neg().add(1))) }
      },
      told: { broadcast: { bits: 1 }, choice: 'none', labels: 'loss' },
    },
    {
      name: 'through an argmax, taken for the identity on the way back',
      write: (g) => {
        const { h0 } = forward(g)
        const soft = h0.matmul(g.W1)
        const hard = oneHot(argmax(soft), 5).sub(soft).stopGradient().add(soft)
        const [g0] = grad(energy(hard.matmul(g.W2).sub(oneHot(g.labels, K))), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      },
      told: { window: 3, depth: 3 },
    },
    {
      name: 'with respect to an activity, finished by hand',
      write: (g) => {
        const { h0 } = forward(g)
        const [delta] = grad(energy(h0.matmul(g.W1).relu().matmul(g.W2).sub(oneHot(g.labels, K))), [h0]) as [Tensor]
        return { ...honest(g), W0: taught(g.W0, g.x, delta) }
      },
      told: { window: 1, feedback: [1, 2], transport: true },
    },
    {
      name: 'with layers written as multiplications and sums',
      write: (g) => {
        const times = (x: Tensor, w: Tensor): Tensor => x.reshape([N, -1, 1]).mul(w).sum(1)
        const y = times(times(times(g.x, g.W0).relu(), g.W1).relu(), g.W2)
        const [g0] = grad(energy(y.sub(oneHot(g.labels, K))), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      },
      told: { window: 3, depth: 3 },
    },
    {
      name: 'with weights that something of the batch is added to, or chosen by',
      write: (g) => {
        const moved = (w: Tensor): Tensor => w.add(g.x.mean().mul(0)).tanh()
        const either = g.x.mean().greater(0).broadcastTo([5, K]).select(moved(g.W2), g.W2)
        const y = g.x.matmul(moved(g.W0)).relu().matmul(moved(g.W1)).relu().matmul(either)
        const [g0] = grad(energy(y.sub(oneHot(g.labels, K))), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      },
      told: { window: 3, depth: 3 },
    },
    {
      name: 'with a layer of distances instead of products',
      write: (g) => {
        const { h0 } = forward(g)
        const distances = h0.reshape([N, 5, 1]).sub(g.W1).square().sum(1)
        const [g0] = grad(energy(distances), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      },
      told: { window: 2, depth: 2 },
    },
    {
      name: 'through a loop of layers',
      write: (g) => {
        const { h0 } = forward(g)
        const { carried } = scan(4, [h0], ([h]) => ({ carried: [h!.matmul(g.W1).tanh()] }))
        const [g0] = grad(energy(carried[0]!), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      },
      told: { window: 2, depth: 5 },
    },
    {
      // The last product of an iteration is not needed for its derivative: nobody reads it when it is traced again.
      name: 'through a loop of layers whose products come last',
      write: (g) => {
        const { h0 } = forward(g)
        const { carried } = scan(4, [h0], ([h]) => ({ carried: [h!.add(h!.tanh().matmul(g.W1))] }))
        const [g0] = grad(energy(carried[0]!), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      },
      told: { window: 2, depth: 5, feedback: 'none' },
    },
  ])
})
