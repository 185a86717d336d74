// What a choice is: at most log2 K bits for each sample of the data, and part of what a layer is fed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { argmax, concat, constant, grad, oneHot, scan, type Tensor, whileLoop } from '../../src/graph/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { decision, descend, energy, errorOf, fixed, forward, type Given, honest, K, N, type Write } from './given.js'
import { tellsAll } from './table.js'

/** Which of two numbers is larger, as the largest of constants: 0 where it is the first, and 1 where it is not. */
function compared(x: Tensor, threshold: number): Tensor {
  const shape = [...x.shape, 1]
  const pair = concat([x.reshape(shape), constant(threshold).broadcastTo(shape)], x.rank)
  return pair
    .greaterEqual(pair.max(-1, true))
    .select(constant([0, 0]), constant([1, 0]))
    .max(-1)
}

describe('a choice', () => {
  const fedWith =
    (extra: (g: Given) => Tensor): Write =>
    (g) => {
      const fed = concat([extra(g).stopGradient(), g.x], 1).slice(1, 0, 4)
      const [g0] = grad(energy(fed.matmul(g.W0).relu()), [g.W0]) as [Tensor]
      return { ...honest(g), W0: descend(g.W0, g0) }
    }
  const chosen = (g: Given): Tensor => decision(g).cast('float32').reshape([N, 1])
  const bits = Math.log2(K)
  tellsAll([
    {
      name: 'one class a sample',
      write: fedWith(chosen),
      told: { choice: [[1, 2], bits], feedback: 'none', local: true },
    },
    {
      name: 'one class, found three times: it counts three times',
      write: fedWith((g) => concat([chosen(g), chosen(g).square(), oneHot(decision(g), K)], 1)),
      told: { choice: 'none', broadcast: { bits: 3 * bits } },
    },
    {
      name: 'one class, chosen once and used three times: it counts once',
      write: fedWith((g) => {
        const once = decision(g)
        const number = once.cast('float32').reshape([N, 1])
        return concat([number, number.square(), oneHot(once, K)], 1)
      }),
      told: { choice: [[1, 2], bits], feedback: 'none', local: true },
    },
    {
      name: 'the two likeliest classes',
      write: fedWith((g) => {
        const { y } = forward(g)
        const second = argmax(oneHot(argmax(y), K).greater(0).select(-1e9, y))
        return concat(
          [argmax(y), second].map((c) => c.cast('float32').reshape([N, 1])),
          1,
        )
      }),
      told: { choice: 'none', broadcast: { bits: 2 * bits } },
    },
    {
      name: 'a class for each of three copies of the sample',
      write: (g) => {
        const tiled = concat([g.x, g.x.mul(2), g.x.neg()], 0)
        const y = forward({ ...g, x: tiled }).y
        const fed = tiled.add(oneHot(argmax(y), 4))
        const [g0] = grad(energy(fed.matmul(g.W0).relu()), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      },
      told: { choice: 'none', broadcast: { bits: 3 * bits } },
    },
    {
      name: 'a class in each turn of a loop',
      write: fedWith((g) => {
        const { carried } = scan(3, [g.x.slice(1, 0, 1)], ([sum], index) => {
          const y = forward({ ...g, x: g.x.add(index.cast('float32')) }).y
          return { carried: [sum!.mul(K).add(argmax(y).cast('float32').reshape([N, 1]))] }
        })
        return carried[0]!.stopGradient()
      }),
      told: { choice: 'none', broadcast: { bits: 3 * bits } },
    },
    {
      name: 'how often a loop runs until the output is content',
      write: fedWith((g) => {
        const loss = errorOf(g).square().mean()
        const [sum] = whileLoop(20, [constant(0)], ([total], index) => ({
          carried: [total!.add(1)],
          condition: loss.greater(index.cast('float32')),
        })) as [Tensor]
        return sum.stopGradient().broadcastTo([N, 1])
      }),
      told: { choice: 'none', broadcast: { bits: 20 } },
    },
    {
      name: 'a class out of five hundred is more than a choice among three',
      write: fedWith((g) =>
        argmax(forward(g).y.matmul(fixed([K, 500])))
          .cast('float32')
          .reshape([N, 1]),
      ),
      told: { choice: 'none', broadcast: { bits: Math.log2(500) } },
    },
    {
      name: 'a mask that is not of one sample counts in full',
      write: fedWith((g) => forward(g).h1.mean(0).greater(0).cast('float32').reshape([1, 5]).broadcastTo([N, 5])),
      told: { choice: 'none', feedback: [1] },
    },
    {
      name: 'a number for all, compared with a threshold of its own in each row',
      write: fedWith((g) => {
        const thresholds = constant(
          Float32Array.from({ length: N }, (_, i) => i / N),
          [N, 1],
        )
        const inRows = errorOf(g)
          .square()
          .mean()
          .add(g.x.slice(1, 0, 1).mul(0))
        return inRows.greater(thresholds).cast('float32')
      }),
      told: { choice: 'none', broadcast: { bits: N } },
    },
    {
      name: 'one number of a few samples alone, so that it is little on average',
      write: fedWith((g) => {
        const few = errorOf(g).slice(0, 0, 1).slice(1, 0, 1)
        return concat([few, g.x.slice(0, 1, N).slice(1, 0, 1)], 0)
      }),
      told: { choice: 'none', broadcast: { numbers: 1 } },
    },
    {
      name: 'a class, and how sure the output is of it',
      write: fedWith((g) => oneHot(decision(g), K).mul(forward(g).y.max(1, true))),
      told: { choice: 'none', broadcast: {} },
    },
    {
      name: 'the order of the classes, as a table of comparisons',
      write: fedWith((g) => {
        const { y } = forward(g)
        const ranks = y
          .reshape([N, K, 1])
          .greater(y.reshape([N, 1, K]))
          .cast('float32')
          .sum(2)
        return ranks
      }),
      told: { choice: 'none', broadcast: { bits: K * K } },
    },
    {
      name: 'which of two is larger, as the one of constants that was not chosen',
      write: fedWith((g) => {
        const error = errorOf(g)
        return [0, 0.25, 0.5, 0.75].map((threshold) => compared(error, threshold)).reduce((a, b) => a.add(b))
      }),
      told: { choice: 'none', broadcast: {} },
    },
    {
      name: 'which of two weights the output prefers, from a table of rows that layers above hold',
      write: fedWith((g) => g.W1.slice(1, 0, 3).gather(decision(g))),
      told: { choice: [[2], bits], feedback: [1] },
    },
    {
      name: 'noise that the output scales',
      write: fedWith((g) => g.noise('eps', [N, K]).mul(errorOf(g).abs())),
      told: { choice: 'none', broadcast: { numbers: K } },
    },
    {
      name: 'an index into noise that the output chooses out of sixty-four, to say more by the noise',
      write: fedWith((g) => g.noise('eps', [64, 2]).gather(argmax(forward(g).y.matmul(fixed([K, 64]))))),
      told: { choice: 'none', broadcast: { bits: 6 } },
    },
    {
      name: 'a gradient written into the rows of a batch is not of one sample',
      write: fedWith((g) => {
        const gradient = forward(g).h1.matmul(errorOf(g), { transposeA: true }).reshape([15, 1])
        return gradient.slice(0, 0, N).greater(0).cast('float32')
      }),
      told: { choice: 'none' },
    },
  ])
})

test('what chooses the labels of a cell does not make it deeper', () => {
  const { layers } = certifyRule(forwardForward, 'glyphs')
  assert.deepEqual(
    layers.map(({ inside }) => inside),
    [1, 1, 1],
  )
})
