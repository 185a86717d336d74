// The forward weights of the output, used backwards in ways that look like another operation: each is feedback.
import { describe } from 'node:test'
import { concat, conv2d, grad, oneHot, type Tensor } from '../../src/graph/index.js'
import { errorOf, fixed, forward, type Given, honest, K, N, taught, type Write } from './given.js'
import { tellsAll } from './table.js'

/** Layer 1 learns from what `down` makes of the output's error. */
const taughtBy =
  (down: (error: Tensor, g: Given) => Tensor): Write =>
  (g) => ({ ...honest(g), W1: taught(g.W1, forward(g).h0, down(errorOf(g), g)) })

/** [N, A] by weights [B, A], written as a multiplication and a sum: [N, B]. */
const summed = (x: Tensor, w: Tensor): Tensor => x.reshape([N, 1, -1]).mul(w).sum(2)

const ways: Record<string, (error: Tensor, g: Given) => Tensor> = {
  'a product with the weights as they are kept': (error, { W2 }) => error.matmul(W2, { transposeB: true }),
  'a multiplication and a sum': (error, { W2 }) => summed(error, W2),
  'a convolution of one place': (error, { W2 }) =>
    conv2d(error.reshape([N, K, 1, 1]), W2.reshape([5, K, 1, 1])).reshape([N, 5]),
  'slices that are turned one by one and joined': (error, { W2 }) =>
    error.matmul(
      concat(
        Array.from({ length: 5 }, (_, i) => W2.slice(0, i, i + 1).reshape([K, 1])),
        1,
      ),
    ),
  'single numbers that are put together': (error, { W2 }) => {
    const rows = Array.from({ length: K }, (_, k) =>
      concat(
        Array.from({ length: 5 }, (_, i) => W2.slice(0, i, i + 1).slice(1, k, k + 1)),
        1,
      ),
    )
    return error.matmul(concat(rows, 0))
  },
  'a row of all weights, cut anew': (error, { W2 }) =>
    error.matmul(W2.reshape([5 * K]).reshape([5, K]), { transposeB: true }),
  'a sum of the weights and of what is their own way': (error, { W2 }) =>
    error.matmul(
      W2.transpose().add(
        W2.slice(0, 0, K)
          .mul(1e-9)
          .pad([
            [0, 0],
            [0, 2],
          ]),
      ),
    ),
  'the derivative of a multiplication and a sum': (error, { W2 }) => {
    const read = fixed([N, 5]).stopGradient()
    const product = read.reshape([N, 5, 1]).mul(W2).sum(1)
    return grad(product.mul(error.stopGradient()).sum(), [read])[0]!.stopGradient()
  },
}

describe('the error of the output, sent down through its own weights', () => {
  tellsAll(
    Object.entries(ways).map(([name, down]) => ({
      name: `by ${name}`,
      write: taughtBy(down),
      told: { layer: 1, feedback: [2], transport: true, broadcast: 'none' },
    })),
  )
})

describe('what uses weights in one way', () => {
  tellsAll([
    {
      name: 'fixed numbers as a multiplication and a sum: a broadcast',
      write: taughtBy((error) => summed(error, fixed([5, K]))),
      told: { layer: 1, broadcast: { numbers: K }, feedback: 'none' },
    },
    ...[
      { kind: 'a multiplication and a sum', product: (h: Tensor, w: Tensor) => h.reshape([N, -1, 1]).mul(w).sum(1) },
      {
        kind: 'slices that are joined',
        product: (h: Tensor, w: Tensor) => h.matmul(concat([w.slice(0, 0, 2), w.slice(0, 2, 5)], 0)),
      },
      {
        kind: 'weights that are turned twice',
        product: (h: Tensor, w: Tensor) => h.matmul(w.transpose(), { transposeB: true }),
      },
    ].map(({ kind, product }) => ({
      name: `the output made once more, by ${kind}, and sent on by fixed numbers: a broadcast`,
      write: taughtBy((error, g) =>
        product(forward(g).h1, g.W2)
          .sub(oneHot(g.labels, K))
          .add(error)
          .matmul(fixed([K, 5])),
      ),
      told: { layer: 1, broadcast: {}, feedback: 'none', transport: false } as const,
    })),
  ])
})
