// What honest programs are told to be, and how weights that carry something down are known.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Certificate } from '../../src/certificate/certificate.js'
import { concat, constant, grad, oneHot, quantizedProduct, scan, type Tensor } from '../../src/graph/index.js'
import { BLOCKS, certificateOf, descend, energy, type Given, honest, K, N, row, taught, type Write } from './given.js'

/** Layers 0 and 1 alone: layer 1 is the output, of five numbers. */
const TWO = { blocks: BLOCKS.slice(0, 2) }
const pairOf = (certificate: Certificate) =>
  certificate.layers.map(({ window, reads }) => [
    window,
    reads.labels,
    reads.feedback?.blocks ?? [],
    reads.feedback?.transport ?? false,
  ])
const outputs = (h: Tensor, { W1, labels }: Given): Tensor => h.matmul(W1).sub(oneHot(labels, 5))

describe('what is local', () => {
  test('layers that learn from their own input', () => {
    const certificate = certificateOf(honest)
    assert.equal(certificate.local, true)
    for (const { window, depth, reads } of certificate.layers.slice(0, 2))
      assert.deepEqual([window, depth, reads], [1, 1, { labels: 'none' }])
    assert.deepEqual(row(certificate, 2).reads, { labels: 'loss' })
  })

  test('a frozen layer does not learn; one that only decays does', () => {
    const learns = (write: Write) => certificateOf(write).layers.map((layer) => layer.learns)
    assert.deepEqual(
      learns((given) => ({ W1: honest(given).W1 })),
      [false, true, false],
    )
    assert.deepEqual(
      learns(({ W0 }) => ({ W0: W0.mul(0.9) })),
      [true, false, false],
    )
  })

  test('moments of the own gradient are no leak', () => {
    const write: Write = (given) => {
      const [g0] = grad(energy(given.x.matmul(given.W0).relu()), [given.W0]) as [Tensor]
      const moment = given.state.moment!.mul(0.9).add(g0)
      return { ...honest(given), W0: descend(given.W0, moment), moment }
    }
    const certificate = certificateOf(write, { shapes: { moment: [4, 5] } })
    assert.deepEqual([certificate.local, row(certificate).depth], [true, 1])
  })

  test('a cell of two products and a loop: local, and as deep as the loop runs', () => {
    const write: Write = (given) => {
      const { W0, x, state } = given
      const { carried } = scan(3, [x.matmul(W0)], ([h]) => ({ carried: [h!.matmul(state.R!).tanh()] }))
      const [g0, gR] = grad(energy(carried[0]!), [W0, state.R!]) as [Tensor, Tensor]
      return { ...honest(given), W0: descend(W0, g0), R: descend(state.R!, gR) }
    }
    const blocks = [{ name: 'layer 0', parameters: ['W0', 'R'] }, ...BLOCKS.slice(1)]
    const certificate = certificateOf(write, { shapes: { R: [5, 5] }, blocks })
    assert.deepEqual([certificate.local, row(certificate).window, row(certificate).depth], [true, 1, 4])
  })

  test('labels: in the input, in the loss, or nowhere', () => {
    const write: Write = (given) => {
      const { W0, x, labels } = given
      const fed = concat([oneHot(labels, K), x.slice(1, K, 4)], 1)
      const [g0] = grad(energy(fed.matmul(W0).relu()), [W0]) as [Tensor]
      return { ...honest(given), W0: descend(W0, g0) }
    }
    assert.deepEqual(
      certificateOf(write).layers.map(({ reads }) => reads.labels),
      ['input', 'weights', 'loss'],
    )
  })
})

describe('weights on the way down', () => {
  test('times a factor that reads the batch are still weights', () => {
    const certificate = certificateOf((given) => {
      const { W0, x } = given
      const scaled = (w: Tensor, by: Tensor): Tensor => w.mul(by.square().mean().sqrt())
      const h = x.matmul(scaled(W0, x)).relu()
      const [g0, g1] = grad(energy(outputs(h, { ...given, W1: scaled(given.W1, h) })), [W0, given.W1]) as [
        Tensor,
        Tensor,
      ]
      return { W0: descend(W0, g0), W1: descend(given.W1, g1) }
    }, TWO)
    assert.deepEqual(
      certificate.layers.map(({ window, depth }) => [window, depth]),
      [
        [2, 2],
        [1, 1],
      ],
    )
  })

  test('activities settled by gradient descent on an energy carry the weights above down', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x } = given
      const total = (h: Tensor, y: Tensor): Tensor =>
        energy(h).sub(x.matmul(W0).mul(h).sum()).sub(h.matmul(W1).mul(y).sum()).add(energy(y))
      const zeros = [constant(0).broadcastTo([N, 5]), constant(0).broadcastTo([N, 5])]
      const { carried } = scan(4, zeros, ([h, y]) => {
        const [gh, gy] = grad(total(h!, y!), [h!, y!]) as [Tensor, Tensor]
        return { carried: [h!.sub(gh.mul(0.1)), y!.sub(gy.mul(0.1))] }
      })
      const [h, y] = carried.map((s) => s.stopGradient()) as [Tensor, Tensor]
      const [g0, g1] = grad(total(h, y), [W0, W1]) as [Tensor, Tensor]
      return { W0: descend(W0, g0), W1: descend(W1, g1) }
    }, TWO)
    assert.deepEqual(pairOf(certificate)[0], [1, 'none', [1], true])
  })

  test('labels sent down the transposed forward weight, before that weight is used forward', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x, labels } = given
      const target = oneHot(labels, 5).matmul(W1, { transposeB: true })
      return { W0: taught(W0, x, x.matmul(W0).relu().sub(target)), W1: honest(given).W1 }
    }, TWO)
    assert.deepEqual(pairOf(certificate)[0], [1, 'loss', [1], true])
  })

  test('the same where the forward product is rounded to 8 bits, and the one backwards is not', () => {
    const certificate = certificateOf((given) => {
      const { W0, W1, x, labels } = given
      const h = x.matmul(W0).relu()
      const error = quantizedProduct(h, W1, {}, 63).sub(oneHot(labels, 5))
      return { W0: taught(W0, x, error.matmul(W1, { transposeB: true })), W1: taught(W1, h, error) }
    }, TWO)
    assert.deepEqual(pairOf(certificate)[0], [1, 'loss', [1], true])
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
          const upper = (h: Tensor): Tensor => h.matmul(W1).add(oneHot(labels, 5).mul(pull)).tanh()
          const start = [constant(0).broadcastTo([N, 5]), constant(0).broadcastTo([N, 5])]
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
      }, TWO)
      assert.deepEqual(pairOf(certificate), [
        [1, 'loss', [1], true],
        [1, 'loss', [], false],
      ])
      assert.equal(certificate.local, false)
    })
})
