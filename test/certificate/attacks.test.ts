// Every way to hide what comes from above: each must be told for what it is, and none may be called local.
import { describe } from 'node:test'
import { constant, grad, oneHot, scan, type Tensor } from '../../src/graph/index.js'
import {
  backpropagated,
  decision,
  descend,
  errorOf,
  fixed,
  forward,
  type Given,
  honest,
  K,
  N,
  taught,
  type Write,
} from './given.js'
import { tellsAll } from './table.js'

/** Layer 0 learns from a signal [N, 5]; the others as honest layers do. */
const with0 =
  (signal: (given: Given) => Tensor): Write =>
  (given) => ({ ...honest(given), W0: taught(given.W0, given.x, signal(given)) })

const rounded = (x: Tensor): Tensor =>
  x
    .mul(2 ** 10)
    .cast('int32')
    .cast('float32')
    .mul(2 ** -10)

/** The numbers, as bits of an integer each of which is a comparison of its own, put together again. */
function throughPlanes(x: Tensor, planes = 8): Tensor {
  let rest = x.tanh()
  let sum: Tensor = rest.mul(0)
  for (let i = 1; i <= planes; i++) {
    const isUp = rest.greater(0)
    const part = isUp.select(2 ** -i, -(2 ** -i))
    sum = sum.stopGradient().add(part)
    rest = rest.sub(part)
  }
  return sum
}

/** Comparisons alone, with nothing of the numbers themselves beside them. */
function planesOf(x: Tensor, planes = 8): Tensor {
  const cuts = Array.from({ length: planes }, (_, i) => x.greater((i - planes / 2) / planes).cast('float32'))
  return cuts.reduce((a, b) => a.add(b))
}

describe('an error that is sent down', () => {
  const [twoAbove, transport] = [[1, 2], true]
  tellsAll([
    {
      name: 'by hand',
      write: with0(backpropagated),
      told: { window: 1, feedback: twoAbove, transport, labels: 'loss' },
      works: 0.99,
    },
    {
      name: 'rounded to integers',
      write: with0((g) => rounded(backpropagated(g))),
      told: { feedback: twoAbove, transport, choice: 'none' },
      works: 0.5,
    },
    {
      name: 'in bit planes put together again',
      write: with0((g) => planesOf(backpropagated(g))),
      told: { feedback: twoAbove, transport, choice: 'none' },
      works: 0.5,
    },
    {
      name: 'digit by digit, each from what the ones before left',
      write: with0((g) => throughPlanes(backpropagated(g))),
      told: { feedback: twoAbove, transport },
      works: 0.5,
    },
    {
      name: 'rounded at every layer on the way',
      write: with0((g) => {
        const { h1 } = forward(g)
        const delta = rounded(rounded(errorOf(g)).matmul(g.W2, { transposeB: true }).mul(h1.greater(0).cast('float32')))
        return rounded(delta.matmul(g.W1, { transposeB: true }))
      }),
      told: { feedback: twoAbove, transport },
      works: 0.5,
    },
    {
      name: 'by integer arithmetic: shifted, added and divided',
      write: with0((g) => {
        const whole = backpropagated(g)
          .mul(2 ** 10)
          .cast('int32')
        return whole
          .add(whole.mul(3))
          .cast('float32')
          .div(2 ** 12)
      }),
      told: { feedback: twoAbove, transport },
      works: 0.5,
    },
    {
      name: 'as the index of a gather in a table of levels',
      write: with0((g) => {
        const level = backpropagated(g).tanh().mul(50).add(50).cast('int32')
        return constant(Float32Array.from({ length: 101 }, (_, i) => i / 50 - 1)).gather(level)
      }),
      told: { feedback: twoAbove, transport },
      works: 0.5,
    },
    {
      name: 'one bit at a time through a loop',
      write: with0((g) => {
        const delta = backpropagated(g).tanh()
        const { carried } = scan(8, [delta.mul(0).stopGradient()], ([sum], index) => {
          const bit = delta.greater(index.cast('float32').mul(0.25).sub(1))
          return { carried: [sum!.add(bit.cast('float32'))] }
        })
        return carried[0]!
      }),
      told: { feedback: twoAbove, transport },
      works: 0.5,
    },
    {
      name: 'sorted out by comparisons with a tiled threshold',
      write: with0((g) => {
        const tiled = backpropagated(g).reshape([N, 5, 1]).broadcastTo([N, 5, 16])
        const thresholds = constant(Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1))
        return tiled.greater(thresholds).cast('float32').sum(2)
      }),
      told: { feedback: twoAbove, transport },
      works: 0.5,
    },
  ])
})

describe('an error that is sent from the output straight to a layer', () => {
  tellsAll([
    {
      name: 'through fixed random weights',
      write: with0((g) => errorOf(g).matmul(fixed([K, 5]))),
      told: { broadcast: { numbers: K }, feedback: 'none', labels: 'loss', window: 1 },
    },
    {
      name: 'through learned weights of the layer itself',
      write: (g) => {
        const error = errorOf(g)
        return {
          ...honest(g),
          W0: taught(g.W0, g.x, error.matmul(g.state.B!)),
          B: descend(g.state.B!, error.matmul(g.x.matmul(g.W0), { transposeA: true })),
        }
      },
      setting: {
        shapes: { B: [K, 5] },
        blocks: [
          { name: 'layer 0', parameters: ['W0', 'B'] },
          { name: 'layer 1', parameters: ['W1'] },
          { name: 'output', parameters: ['W2'] },
        ],
      },
      told: { broadcast: { numbers: K }, feedback: 'none' },
    },
    {
      name: 'as onehot(argmax) - onehot(label)',
      write: with0((g) =>
        oneHot(decision(g), K)
          .sub(oneHot(g.labels, K))
          .matmul(fixed([K, 5])),
      ),
      told: { broadcast: { bits: Math.log2(K) }, choice: 'none', feedback: 'none', labels: 'loss' },
    },
    {
      name: 'as one bit a sample: right or wrong',
      write: with0((g) => decision(g).equal(g.labels).cast('float32').reshape([N, 1]).mul(g.x.matmul(g.W0))),
      told: { broadcast: { bits: 1 }, choice: 'none' },
    },
    {
      name: 'as one bit a step: the loss is small',
      write: with0((g) => errorOf(g).square().mean().less(1).cast('float32').mul(g.x.matmul(g.W0))),
      told: { broadcast: { bits: 1 }, choice: 'none' },
    },
    {
      name: 'as one number a sample: its loss',
      write: with0((g) => errorOf(g).square().sum(1, true).mul(g.x.matmul(g.W0))),
      told: { broadcast: { numbers: 1 } },
    },
    {
      name: 'as one number for all: a reward',
      write: with0((g) => errorOf(g).square().mean().mul(g.x.matmul(g.W0))),
      told: { broadcast: { numbers: 1 } },
    },
    {
      name: 'to the layer below the output through its own weights, transposed: that is feedback',
      write: (g) => {
        const { h0 } = forward(g)
        return { ...honest(g), W1: taught(g.W1, h0, errorOf(g).matmul(g.W2, { transposeB: true })) }
      },
      told: { layer: 1, feedback: [2], transport: true, broadcast: 'none' },
    },
    ...(['weights', 'signs of the weights'] as const).map((what) => ({
      name: `the same by the derivative of a product that no one reads, of the ${what}`,
      write: (g: Given) => {
        const { h0, h1 } = forward(g)
        const down = what === 'weights' ? g.W2 : g.W2.less(0).select(-1, 1)
        const read = h1.stopGradient()
        const [signal] = grad(read.matmul(down).mul(errorOf(g).stopGradient()).sum(), [read])
        return { ...honest(g), W1: taught(g.W1, h0, signal!.stopGradient()) }
      },
      told: { layer: 1, feedback: [2], transport: true, broadcast: 'none' } as const,
    })),
    {
      name: 'to a layer, and from there to the one below: that is feedback',
      write: (g) => {
        const { h0 } = forward(g)
        const signal = errorOf(g).matmul(fixed([K, 5]))
        return {
          ...honest(g),
          W1: taught(g.W1, h0, signal),
          W0: taught(g.W0, g.x, signal.matmul(g.W1, { transposeB: true })),
        }
      },
      told: { feedback: [1, 2], broadcast: 'none', transport: true },
    },
  ])
})
