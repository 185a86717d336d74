// What honest programs are told to be, and how weights that carry something down are known.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Certificate } from '../../src/certificate/certificate.js'
import { concat, constant, grad, oneHot, quantizedProduct, scan, type Tensor } from '../../src/graph/index.js'
import {
  BLOCKS,
  certificateOf,
  descend,
  energy,
  type Given,
  honest,
  K,
  N,
  row,
  type Setting,
  taught,
  type Write,
} from './given.js'

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

  /** Layer 0 by an energy of what `made` makes of its product, with other state written by `more`. */
  const by =
    (
      made: (h: Tensor, given: Given) => Tensor,
      more: (given: Given, h: Tensor) => Record<string, Tensor> = () => ({}),
    ) =>
    (given: Given): Record<string, Tensor> => {
      const h = given.x.matmul(given.W0)
      const [g0] = grad(energy(made(h, given)), [given.W0]) as [Tensor]
      return { ...honest(given), W0: descend(given.W0, g0), ...more(given, h) }
    }
  /** Layer 0 moved by what `made` makes of its gradient. */
  const moved =
    (
      made: (g0: Tensor, given: Given) => Tensor,
      more: (given: Given, g0: Tensor) => Record<string, Tensor> = () => ({}),
    ) =>
    (given: Given): Record<string, Tensor> => {
      const [g0] = grad(energy(given.x.matmul(given.W0).relu()), [given.W0]) as [Tensor]
      return { ...honest(given), W0: descend(given.W0, made(g0, given)), ...more(given, g0) }
    }
  const mean = (before: Tensor, now: Tensor): Tensor => before.mul(0.9).add(now.mul(0.1))
  const orthogonal = (g0: Tensor): Tensor =>
    scan(3, [g0.div(energy(g0).sqrt())], ([m]) => ({
      carried: [m!.mul(1.5).sub(m!.matmul(m!, { transposeB: true }).matmul(m!).mul(0.5))],
    })).carried[0]!
  const statistics = (...names: string[]) => [{ ...BLOCKS[0]!, statistics: names }, ...BLOCKS.slice(1)]
  const usual: Record<string, { write: Write; setting?: Setting }> = {
    dropout: { write: by((h, { noise }) => h.mul(noise('kept', [N, 5]).greater(0.5).cast('float32'))) },
    'a normalisation by running statistics while training': {
      write: by(
        (h, { state }) => h.sub(state.m!).div(state.v!.add(1e-5).sqrt()),
        ({ state }, h) => ({ m: mean(state.m!, h.mean(0)), v: mean(state.v!, h.sub(state.m!).square().mean(0)) }),
      ),
      setting: { shapes: { m: [5], v: [5] }, blocks: statistics('m', 'v'), predicts: ['W0', 'm', 'v'] },
    },
    'a threshold that keeps activities rare': {
      write: by(
        (h, { state }) => h.sub(state.t!).relu(),
        ({ state }, h) => ({ t: state.t!.add(h.sub(state.t!).relu().mean(0).sub(0.1)) }),
      ),
      setting: { shapes: { t: [5] }, blocks: statistics('t'), predicts: ['W0', 't'] },
    },
    'an input whitened by its running covariance': {
      write: ({ x, state, ...given }) => ({
        ...by((h) => h)({ ...given, state, x: x.matmul(state.C!) }),
        C: mean(state.C!, x.matmul(x, { transposeA: true })),
      }),
      setting: { shapes: { C: [4, 4] }, blocks: statistics('C'), predicts: ['W0', 'C'] },
    },
    'an input whitened as the start says': {
      write: ({ x, state, ...given }) => by((h) => h)({ ...given, state, x: x.matmul(state.C!) }),
      setting: { shapes: { C: [4, 4] }, predicts: ['W0', 'C'] },
    },
    'an input flipped and shifted by noise': {
      write: ({ x, ...given }) =>
        honest({
          ...given,
          x: given
            .noise('flip', [N, 1])
            .greater(0)
            .select(x.neg(), x)
            .add(given.noise('z', [N, 4])),
        }),
    },
    'a teacher that is a moving average of the layer': {
      write: by(
        (h, { x, state }) => h.sub(x.matmul(state.T!).stopGradient()),
        ({ state, W0 }) => ({ T: mean(state.T!, W0) }),
      ),
      setting: { shapes: { T: [4, 5] } },
    },
    'class means of what the layer makes': {
      write: by(
        (h, { state, labels }) => h.sub(oneHot(labels, K).matmul(state.p!).stopGradient()),
        ({ state, labels }, h) => ({ p: mean(state.p!, oneHot(labels, K).matmul(h, { transposeA: true })) }),
      ),
      setting: { shapes: { p: [K, 5] } },
    },
    'a gradient cut to a length': { write: moved((g0) => g0.div(energy(g0).sqrt().maximum(1))) },
    'a gradient made orthogonal by products with itself': { write: moved(orthogonal) },
    'a gradient divided by moments, with a common count and decay': {
      write: moved(
        (g0, { state, W0 }) => mean(state.m!, g0).div(state.count!).div(mean(state.v!, g0.square()).sqrt()).add(W0),
        ({ state }, g0) => ({
          ...{ m: mean(state.m!, g0), v: mean(state.v!, g0.square()) },
          count: state.count!.add(1),
        }),
      ),
      setting: { shapes: { m: [4, 5], v: [4, 5], count: [] } },
    },
    'a gradient preconditioned by the products of those before': {
      write: moved(
        (g0, { state }) => state.L!.matmul(g0),
        ({ state }, g0) => ({ L: mean(state.L!, g0.matmul(g0, { transposeB: true })) }),
      ),
      setting: { shapes: { L: [4, 4] } },
    },
    'a loss scaled as far as its gradient stays finite': {
      write: by(
        (h, { state }) => h.mul(state.s!),
        ({ state, W0 }) => ({ s: energy(W0).less(1e30).select(state.s!.mul(2), state.s!.mul(0.5)) }),
      ),
      setting: { shapes: { s: [] } },
    },
  }
  for (const [name, { write, setting }] of Object.entries(usual))
    test(`${name} is no leak`, () => {
      const certificate = certificateOf(write, setting)
      const { window, depth, reads } = row(certificate)
      const { choice, broadcast, feedback } = reads
      assert.deepEqual([certificate.local, window, depth], [true, 1, 1])
      assert.deepEqual([choice, broadcast, feedback], [undefined, undefined, undefined])
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
