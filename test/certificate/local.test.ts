import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { argmax, constant, grad, input, oneHot, quantizedProduct, scan, type Tensor } from '../../src/graph/index.js'
import type { Certificate } from '../../src/certificate/certificate.js'
import { certify } from '../../src/certificate/certify.js'

/** Two layers, W0 [4, 5] and W1 [5, 3], and whatever state a cheat adds. Each case writes the new values. */
interface Given {
  readonly W0: Tensor
  readonly W1: Tensor
  readonly x: Tensor
  readonly labels: Tensor
  readonly state: Record<string, Tensor>
}

const BLOCKS = [
  { name: 'layer 0', parameters: ['W0'] },
  { name: 'layer 1', parameters: ['W1'] },
]

function certificateOf(
  step: (given: Given) => Record<string, Tensor>,
  { shapes = {}, blocks = BLOCKS }: { shapes?: Record<string, number[]>; blocks?: typeof BLOCKS } = {},
): Certificate {
  const all: Record<string, number[]> = { W0: [4, 5], W1: [5, 3], ...shapes }
  const state = Object.fromEntries(
    Object.entries(all).map(([name, shape]) => [name, input({ name, kind: 'state', shape, dtype: 'float32' })]),
  )
  const x = input({ name: 'x', kind: 'data', shape: [6, 4], dtype: 'float32' })
  const labels = input({ name: 'labels', kind: 'labels', shape: [6], dtype: 'int32' })
  const written = step({ W0: state.W0!, W1: state.W1!, x, labels, state })
  const names = Object.keys(all)
  const graph = names.map((name) => ({ name, input: state[name]!, output: written[name] ?? state[name]! }))
  return certify([{ state: graph, batch: [], metrics: [] }], blocks)
}

const descend = (w: Tensor, g: Tensor): Tensor => w.sub(g.mul(0.1))
const energy = (h: Tensor): Tensor => h.square().sum()
/** The error of a linear read-out. */
const errorOf = (h: Tensor, { W1, labels }: Given): Tensor => h.matmul(W1).sub(oneHot(labels, 3))

/** Both layers learn from their own input: what an honest local rule looks like. */
function honest({ W0, W1, x }: Given): { h: Tensor; W0: Tensor; W1: Tensor } {
  const h = x.matmul(W0).relu()
  const top = h.stopGradient().matmul(W1).relu()
  const [g0] = grad(energy(h), [W0]) as [Tensor]
  const [g1] = grad(energy(top), [W1]) as [Tensor]
  return { h, W0: descend(W0, g0), W1: descend(W1, g1) }
}

const layer = (certificate: Certificate, i: number) => certificate.layers[i]!

describe('what is local', () => {
  test('layers that learn from their own input', () => {
    const certificate = certificateOf((given) => honest(given))
    assert.equal(certificate.local, true)
    for (const { window, depth, reads } of certificate.layers) {
      assert.equal(window, 1)
      assert.equal(depth, 1)
      assert.deepEqual(reads, { labels: 'none', choice: [], feedback: [], transport: false, global: [] })
    }
  })

  test('a frozen layer does not learn; one that only decays does', () => {
    const frozen = certificateOf((given) => ({ W1: honest(given).W1 }))
    assert.deepEqual(
      frozen.layers.map(({ learns }) => learns),
      [false, true],
    )
    assert.equal(
      layer(
        certificateOf(({ W0 }) => ({ W0: W0.mul(0.9) })),
        0,
      ).learns,
      true,
    )
  })

  test('a choice made by the layer above is listed, and local', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x } = given
      const chosen = oneHot(argmax(x.matmul(W0).relu().matmul(W1)), 4)
      const h = x
        .add(
          chosen.slice(1, 0, 3).pad([
            [0, 0],
            [0, 1],
          ]),
        )
        .matmul(W0)
        .relu()
      const [g0] = grad(energy(h), [W0]) as [Tensor]
      return { ...honest(given), W0: descend(W0, g0) }
    })
    assert.deepEqual(layer(certificate, 0).reads.choice, ['W1'])
    assert.equal(certificate.local, true)
  })

  test('moments of the own gradient are no leak', () => {
    const certificate = certificateOf(
      (given) => {
        const { W0, x, state } = given
        const [g0] = grad(energy(x.matmul(W0).relu()), [W0]) as [Tensor]
        const moment = state.moment!.mul(0.9).add(g0)
        return { ...honest(given), W0: descend(W0, moment), moment }
      },
      { shapes: { moment: [4, 5] } },
    )
    assert.equal(certificate.local, true)
    assert.equal(layer(certificate, 0).depth, 1)
  })

  test('labels: in the input, in the loss, or nowhere', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x, labels } = given
      const h = x.add(oneHot(labels, 4)).matmul(W0).relu()
      const [g0] = grad(energy(h), [W0]) as [Tensor]
      const [g1] = grad(errorOf(h.stopGradient(), given).square().sum(), [W1]) as [Tensor]
      return { W0: descend(W0, g0), W1: descend(W1, g1) }
    })
    assert.deepEqual(
      certificate.layers.map(({ reads }) => reads.labels),
      ['input', 'loss'],
    )
  })
})

describe('what is not, and each way to hide it', () => {
  test('weights times a factor that reads the batch are still weights', () => {
    const certificate = certificateOf((given) => {
      const { W0, x } = given
      const scaled = (w: Tensor, by: Tensor): Tensor => w.mul(by.square().mean().sqrt())
      const h = x.matmul(scaled(W0, x)).relu()
      const W1 = scaled(given.W1, h)
      const [g0, g1] = grad(
        errorOf(h, { ...given, W1 })
          .square()
          .sum(),
        [W0, given.W1],
      ) as [Tensor, Tensor]
      return { W0: descend(W0, g0), W1: descend(given.W1, g1) }
    })
    assert.deepEqual(
      certificate.layers.map(({ window, depth }) => ({ window, depth })),
      [
        { window: 2, depth: 2 },
        { window: 1, depth: 1 },
      ],
    )
  })

  test('backpropagation: the window spans all blocks, depth counts the products', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x } = given
      const [g0, g1] = grad(errorOf(x.matmul(W0).relu(), given).square().sum(), [W0, W1]) as [Tensor, Tensor]
      return { W0: descend(W0, g0), W1: descend(W1, g1) }
    })
    assert.equal(certificate.local, false)
    assert.deepEqual(
      certificate.layers.map(({ window, depth }) => [window, depth]),
      [
        [2, 2],
        [1, 1],
      ],
    )
  })

  test('a whole network declared as one block', () => {
    const blocks = [{ name: 'everything', parameters: ['W0', 'W1'] }]
    const certificate = certificateOf(
      (given) => {
        const { W0, W1, x } = given
        const [g0, g1] = grad(errorOf(x.matmul(W0).relu(), given).square().sum(), [W0, W1]) as [Tensor, Tensor]
        return { W0: descend(W0, g0), W1: descend(W1, g1) }
      },
      { blocks },
    )
    assert.equal(certificate.local, false)
    assert.equal(layer(certificate, 0).depth, 2)
  })

  test('an error kept in the state and used in the next step', () => {
    const certificate = certificateOf(
      (given) => {
        const { x, state } = given
        const { h, ...next } = honest(given)
        const late = x.matmul(state.error!.matmul(constant(1).broadcastTo([3, 5])), { transposeA: true })
        return { W1: next.W1, W0: next.W0.sub(late), error: errorOf(h, given) }
      },
      { shapes: { error: [6, 3] } },
    )
    assert.deepEqual(layer(certificate, 0).reads.feedback, ['W1'])
    assert.equal(layer(certificate, 0).reads.labels, 'loss')
    assert.equal(certificate.local, false)
  })

  test('a backward pass written by hand, through the transposed forward weight', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x } = given
      const h = x.matmul(W0).relu()
      const delta = errorOf(h, given).matmul(W1, { transposeB: true }).mul(h.greater(0).cast('float32'))
      return { W0: W0.sub(x.matmul(delta, { transposeA: true })), W1: honest(given).W1 }
    })
    const { window, reads } = layer(certificate, 0)
    assert.equal(window, 1)
    assert.deepEqual(reads.feedback, ['W1'])
    assert.equal(reads.transport, true)
    assert.equal(certificate.local, false)
  })

  test('the same through fixed feedback weights: feedback, but no transport', () => {
    const certificate = certificateOf(
      (given) => {
        const { W0, x, state } = given
        const h = x.matmul(W0).relu()
        const delta = errorOf(h, given).matmul(state.feedback!)
        return { W0: W0.sub(x.matmul(delta, { transposeA: true })), W1: honest(given).W1 }
      },
      { shapes: { feedback: [3, 5] } },
    )
    assert.deepEqual(layer(certificate, 0).reads.feedback, ['W1'])
    assert.equal(layer(certificate, 0).reads.transport, false)
  })

  test('a gradient with respect to an activity, finished by hand', () => {
    const certificate = certificateOf((given) => {
      const { W0, x } = given
      const h = x.matmul(W0).relu()
      const [delta] = grad(errorOf(h, given).square().sum(), [h]) as [Tensor]
      return { W0: W0.sub(x.matmul(delta, { transposeA: true })), W1: honest(given).W1 }
    })
    assert.deepEqual(layer(certificate, 0).reads.feedback, ['W1'])
    assert.equal(certificate.local, false)
  })

  test('a loss scale that the layer above sets', () => {
    const certificate = certificateOf(
      (given) => {
        const { W0, x, state } = given
        const h = x.matmul(W0).relu()
        const [g0] = grad(energy(h).mul(state.scale!), [W0]) as [Tensor]
        const scale = state.scale!.mul(0.9).add(errorOf(h, given).square().mean())
        return { W0: descend(W0, g0), W1: honest(given).W1, scale }
      },
      { shapes: { scale: [] } },
    )
    assert.deepEqual(layer(certificate, 0).reads.feedback, ['W1'])
    assert.deepEqual(layer(certificate, 0).reads.global, ['scale'])
    assert.equal(certificate.local, false)
  })

  test('a running statistic of the layer above that normalises the one below', () => {
    const certificate = certificateOf(
      (given) => {
        const { W0, W1, x, state } = given
        const h = x.matmul(W0).relu()
        const [g0] = grad(energy(h.mul(state.mean!)), [W0]) as [Tensor]
        const top = h
          .matmul(W1)
          .matmul(constant(1).broadcastTo([3, 5]))
          .mean(0)
        return { W0: descend(W0, g0), W1: honest(given).W1, mean: state.mean!.mul(0.9).add(top.mul(0.1)) }
      },
      { shapes: { mean: [5] } },
    )
    assert.deepEqual(layer(certificate, 0).reads.feedback, ['W1'])
    assert.equal(certificate.local, false)
  })

  test('a derivative through a loop', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x } = given
      const h = x.matmul(W0).tanh()
      const { carried } = scan(3, [h], ([y]) => ({
        carried: [y!.matmul(W1).tanh().matmul(W1, { transposeB: true })],
      }))
      const [g0, g1] = grad(energy(carried[0]!), [W0, W1]) as [Tensor, Tensor]
      return { W0: descend(W0, g0), W1: descend(W1, g1) }
    })
    assert.equal(layer(certificate, 0).window, 2)
    assert.equal(certificate.local, false)
  })

  test('activities settled by gradient descent on an energy carry the weights above down', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x } = given
      const total = (h: Tensor, y: Tensor): Tensor =>
        energy(h).sub(x.matmul(W0).mul(h).sum()).sub(h.matmul(W1).mul(y).sum()).add(energy(y))
      const zeros = [constant(0).broadcastTo([6, 5]), constant(0).broadcastTo([6, 3])]
      const { carried } = scan(4, zeros, ([h, y]) => {
        const [gh, gy] = grad(total(h!, y!), [h!, y!]) as [Tensor, Tensor]
        return { carried: [h!.sub(gh.mul(0.1)), y!.sub(gy.mul(0.1))] }
      })
      const [h, y] = carried.map((s) => s.stopGradient()) as [Tensor, Tensor]
      const [g0, g1] = grad(total(h, y), [W0, W1]) as [Tensor, Tensor]
      return { W0: descend(W0, g0), W1: descend(W1, g1) }
    })
    const { window, reads } = layer(certificate, 0)
    assert.equal(window, 1)
    assert.deepEqual(reads.feedback, ['W1'])
    assert.equal(reads.transport, true)
  })

  test('labels sent down the transposed forward weight, before that weight is used forward', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x, labels } = given
      const target = oneHot(labels, 3).matmul(W1, { transposeB: true })
      const h = x.matmul(W0).relu()
      return { W0: W0.sub(x.matmul(h.sub(target), { transposeA: true })), W1: honest(given).W1 }
    })
    const { reads } = layer(certificate, 0)
    assert.deepEqual([reads.feedback, reads.transport, reads.labels], [['W1'], true, 'loss'])
  })

  test('the same where the forward product is rounded to 8 bits, and the one backwards is not', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x, labels } = given
      const h = x.matmul(W0).relu()
      const error = quantizedProduct(h, W1, {}, 63).sub(oneHot(labels, 3))
      const delta = error.matmul(W1, { transposeB: true })
      return {
        W0: W0.sub(x.matmul(delta, { transposeA: true })),
        W1: W1.sub(h.matmul(error, { transposeA: true })),
      }
    })
    const { reads } = layer(certificate, 0)
    assert.deepEqual([reads.feedback, reads.transport], [['W1'], true])
  })

  // The layers move in turn: whichever of the two the last sweep ends with, the label pulls the upper one directly.
  for (const order of ['lower layer first', 'upper layer first'])
    test(`two layers that settle together under a pull on the upper one, the ${order}`, () => {
      const certificate = certificateOf((given) => {
        const { W0, W1, x, labels } = given
        const settled = (pull: number): [Tensor, Tensor] => {
          const lower = (y: Tensor): Tensor =>
            x
              .matmul(W0)
              .add(y.matmul(W1, { transposeB: true }))
              .tanh()
          const upper = (h: Tensor): Tensor => h.matmul(W1).add(oneHot(labels, 3).mul(pull)).tanh()
          const start = [constant(0).broadcastTo([6, 5]), constant(0).broadcastTo([6, 3])]
          const { carried } = scan(4, start, ([h, y]) => {
            const first = order === 'lower layer first' ? lower(y!) : upper(h!)
            return { carried: order === 'lower layer first' ? [first, upper(first)] : [lower(first), first] }
          })
          return carried as [Tensor, Tensor]
        }
        const [[h, y], [hPulled, yPulled]] = [settled(0), settled(0.1)]
        const products = (a: Tensor, b: Tensor): Tensor => a.matmul(b, { transposeA: true })
        return {
          W0: W0.add(products(x, hPulled).sub(products(x, h))),
          W1: W1.add(products(hPulled, yPulled).sub(products(h, y))),
        }
      })
      assert.deepEqual(
        certificate.layers.map(({ window, reads }) => [window, reads.labels, reads.feedback, reads.transport]),
        [
          [1, 'loss', ['W1'], true],
          [1, 'loss', [], false],
        ],
      )
      assert.equal(certificate.local, false)
    })

  test('a trained product that belongs to no block', () => {
    assert.throws(
      () =>
        certificateOf(
          (given) => {
            const { W0, W1, x, state } = given
            const y = x.matmul(state.hidden!).matmul(W0).matmul(W1)
            const [g0, g1, gh] = grad(energy(y), [W0, W1, state.hidden!]) as [Tensor, Tensor, Tensor]
            return { W0: descend(W0, g0), W1: descend(W1, g1), hidden: descend(state.hidden!, gh) }
          },
          { shapes: { hidden: [4, 4] } },
        ),
      /hidden is trained and used in a matmul, but belongs to no block/,
    )
  })
})
