// Weights that are kept once more: told as the weights that they were made from.
import { describe } from 'node:test'
import { grad, oneHot, type Tensor } from '../../src/graph/index.js'
import { BLOCKS, descend, energy, errorOf, forward, type Given, honest, K, taught, type Write } from './given.js'
import { tellsAll } from './table.js'

/** The output's weights, transposed, as they were after the step before; `made` may add to what is kept. */
const copying =
  (made: (copy: Tensor, g: Given) => Tensor = (copy) => copy): Write =>
  (g) => ({
    ...honest(g),
    W1: taught(g.W1, forward(g).h0, errorOf(g).matmul(g.state.T!)),
    T: made(g.W2.transpose(), g),
  })

describe('copies of weights', () => {
  tellsAll([
    ...[
      { kind: 'kept in state', write: copying() },
      { kind: 'of the new weights', write: copying((_, g) => honest(g).W2.transpose()) },
      { kind: 'with a little of the batch in it', write: copying((copy, g) => copy.add(g.x.mean().mul(1e-9))) },
      { kind: 'with a little noise in it', write: copying((copy, g) => copy.add(g.noise('n', [K, 5]).mul(1e-9))) },
      { kind: 'as a moving average', write: copying((copy, g) => g.state.T!.mul(0.9).add(copy.mul(0.1))) },
      {
        kind: 'said to be parameters of the layer itself',
        write: copying(),
        blocks: [BLOCKS[0]!, { name: 'layer 1', parameters: ['W1', 'T'] }, BLOCKS[2]!],
      },
    ].map(({ kind, write, blocks = BLOCKS }) => ({
      name: `a copy of the weights above, transposed, ${kind}`,
      write,
      setting: { shapes: { T: [K, 5] }, blocks },
      told: { layer: 1, feedback: [2], transport: true },
    })),
    {
      name: 'weights divided by the length of all of them: no copy of them',
      write: (g) => {
        const length = [g.W0, g.W1, g.W2]
          .map(energy)
          .reduce((a, b) => a.add(b))
          .sqrt()
        return { W0: g.W0.div(length), W1: g.W1.div(length), W2: g.W2.div(length) }
      },
      told: { window: 1, feedback: [1, 2], transport: false },
    },
    {
      name: 'copies of all weights, through which a derivative is taken',
      write: (g) => {
        const { C0, C1, C2 } = g.state as Record<string, Tensor>
        const error = g.x.matmul(C0!).relu().matmul(C1!).relu().matmul(C2!).sub(oneHot(g.labels, K))
        const W0 = descend(g.W0, grad(energy(error), [C0!])[0]!)
        return { W0, C0: W0, C1: g.W1, C2: g.W2 }
      },
      setting: { shapes: { C0: [4, 5], C1: [5, 5], C2: [5, K] } },
      told: { window: 3, depth: 3, labels: 'loss' },
    },
  ])
})
