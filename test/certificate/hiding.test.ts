// Places where something could hide on its way down, and what must be said of it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { concat, grad, oneHot, type Tensor } from '../../src/graph/index.js'
import {
  BLOCKS,
  backpropagated,
  certificateOf,
  decision,
  descend,
  energy,
  errorOf,
  fixed,
  forward,
  type Given,
  honest,
  K,
  N,
  row,
  taught,
  type Write,
} from './given.js'
import { assertTold, tellsAll } from './table.js'

/** Layer 0 learns from its own energy, times what a cheat makes of it. */
const scaled =
  (scale: (given: Given) => Tensor, more: (given: Given) => Record<string, Tensor> = () => ({})): Write =>
  (given) => {
    const h = given.x.matmul(given.W0).relu()
    const [g0] = grad(energy(h).mul(scale(given)), [given.W0]) as [Tensor]
    return { ...honest(given), W0: descend(given.W0, g0), ...more(given) }
  }

const late: Write = (g) => ({ ...honest(g), W0: taught(g.W0, g.x, g.state.kept!), kept: backpropagated(g) })

describe('in state', () => {
  const above = [1, 2]
  tellsAll([
    {
      name: 'an error kept for the next step',
      write: late,
      setting: { shapes: { kept: [N, 5] } },
      told: { feedback: above, transport: true, labels: 'loss' },
    },
    {
      name: 'an error that one step writes and another reads',
      write: [(g) => ({ kept: backpropagated(g) }), (g) => ({ ...honest(g), W0: taught(g.W0, g.x, g.state.kept!) })],
      setting: { shapes: { kept: [N, 5] } },
      told: { feedback: above, transport: true },
    },
    {
      name: 'an error handed through three states, one a step',
      write: (g) => ({
        ...honest(g),
        W0: taught(g.W0, g.x, g.state.c!),
        a: backpropagated(g),
        b: g.state.a!.mul(2),
        c: g.state.b!.neg(),
      }),
      setting: { shapes: { a: [N, 5], b: [N, 5], c: [N, 5] } },
      told: { feedback: above, transport: true },
    },
    {
      name: 'an error added to a moment of the optimiser',
      write: (g) => {
        const [g0] = grad(energy(g.x.matmul(g.W0).relu()), [g.W0]) as [Tensor]
        const moment = g.state
          .m!.mul(0.9)
          .add(g0)
          .add(g.x.matmul(backpropagated(g), { transposeA: true }))
        return { ...honest(g), W0: descend(g.W0, moment), m: moment }
      },
      setting: { shapes: { m: [4, 5] } },
      told: { feedback: above, transport: true },
    },
    {
      name: 'a loss scale that the output sets: a number for all',
      write: scaled(
        (g) => g.state.scale!,
        (g) => ({ scale: g.state.scale!.mul(0.9).add(errorOf(g).square().mean()) }),
      ),
      setting: { shapes: { scale: [] } },
      told: { broadcast: { numbers: 1 }, feedback: 'none' },
    },
    {
      name: 'a running statistic of the layer above',
      write: scaled(
        (g) => g.state.mean!.square().mean(),
        (g) => ({ mean: g.state.mean!.mul(0.9).add(forward(g).h1.mean(0)) }),
      ),
      setting: { shapes: { mean: [5] } },
      told: { feedback: [1], transport: false },
    },
    {
      name: 'a running statistic that is declared as one of the layer itself',
      write: scaled(
        (g) => g.state.mean!.square().mean(),
        (g) => ({ mean: g.state.mean!.mul(0.9).add(errorOf(g).mean(0).mul(0.1)) }),
      ),
      setting: {
        shapes: { mean: [K] },
        blocks: [
          { name: 'layer 0', parameters: ['W0'], statistics: ['mean'] },
          { name: 'layer 1', parameters: ['W1'] },
          { name: 'output', parameters: ['W2'] },
        ],
      },
      told: { broadcast: { numbers: K }, feedback: 'none', labels: 'loss' },
    },
    {
      name: 'biases taught by backpropagation, said to be statistics',
      write: (g) => ({
        B: g.state.B!.sub(
          backpropagated({ ...g, x: g.x.add(g.state.B!) })
            .mean(0)
            .slice(0, 0, 4),
        ),
      }),
      setting: {
        shapes: { B: [4] },
        blocks: [{ name: 'layer 0', parameters: ['W0'], statistics: ['B'] }, ...BLOCKS.slice(1)],
      },
      told: { feedback: above, transport: true },
    },
    {
      name: 'a network taught by backpropagation, said to be statistics and added to weights that rest',
      write: (g) => {
        const { E0, E1 } = g.state as Record<string, Tensor>
        const all = { ...g, W0: g.W0.add(E0!), W1: g.W1.add(E1!) }
        const error = errorOf(all).matmul(g.W2, { transposeB: true })
        return { E0: taught(E0!, g.x, backpropagated(all)), E1: taught(E1!, forward(all).h0, error) }
      },
      setting: {
        shapes: { E0: [4, 5], E1: [5, 5] },
        blocks: BLOCKS.map((block, i) => ({ ...block, statistics: i < 2 ? [`E${i}`] : [] })),
      },
      told: { feedback: above, transport: true },
    },
    {
      name: 'a derivative by the weights with something of the batch added to them',
      write: (g) => {
        const W0 = g.W0.add(g.x.mean().mul(0))
        return { ...honest(g), W0: descend(g.W0, grad(energy(errorOf({ ...g, W0 })), [W0])[0]!) }
      },
      told: { window: 3, depth: 3 },
    },
    {
      name: 'a choice of the step before, kept: as many bits as before',
      write: (g) => {
        const fed = concat([oneHot(g.state.kept!.cast('int32'), K), g.x.slice(1, K, 4)], 1)
        const [g0] = grad(energy(fed.matmul(g.W0).relu()), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0), kept: decision(g).cast('float32') }
      },
      setting: { shapes: { kept: [N] } },
      told: { choice: [above, Math.log2(K)], feedback: 'none', local: true },
    },
    {
      name: 'what counts steps and what shrinks with progress tells nothing',
      write: scaled(
        (g) => g.progress.mul(g.state.count!),
        (g) => ({ count: g.state.count!.add(1) }),
      ),
      setting: { shapes: { count: [] } },
      told: { broadcast: 'none', feedback: 'none', labels: 'none', local: true },
    },
    {
      name: 'progress as the threshold of a comparison with the loss: a bit a step',
      write: scaled((g) => errorOf(g).square().mean().greater(g.progress).cast('float32')),
      told: { broadcast: { bits: 1 }, choice: 'none' },
    },
  ])

  const hidden =
    (times: (x: Tensor, w: Tensor) => Tensor): Write =>
    (g) => {
      const y = times(g.x, g.state.hidden!)
      const [gradient] = grad(energy(y.sub(g.x)), [g.state.hidden!]) as [Tensor]
      return { ...honest(g), hidden: descend(g.state.hidden!, gradient) }
    }
  const shapes = { hidden: [4, 4] }
  test('a network of no block, its products written as products or as multiplications and sums', () => {
    for (const times of [
      (x: Tensor, w: Tensor) => x.matmul(w),
      (x: Tensor, w: Tensor) => x.reshape([N, 4, 1]).mul(w).sum(1),
      (x: Tensor, w: Tensor) => x.reshape([N, 4, 1]).broadcastTo([N, 4, 4]).mul(w).sum(1),
      (x: Tensor, w: Tensor) => x.reshape([N, 4, 1]).sub(w).square().sum(1),
    ])
      assert.throws(
        () => certificateOf(hidden(times), { shapes }),
        /hidden is trained and used in a .*belongs to no block/,
      )
  })

  test('a network of no block, its weights with something of the batch in them', () => {
    const made: Record<string, (w: Tensor, g: Given) => Tensor> = {
      'a number of the batch added to each': (w, g) => w.add(g.x.matmul(g.x, { transposeA: true }).mul(0)),
      'chosen by the batch': (w, g) => g.x.matmul(g.x, { transposeA: true }).greater(0).select(w, w.mul(2)),
      'a row of the batch beside them': (w, g) => concat([w, g.x.slice(0, 0, 1)], 0).slice(0, 0, 4),
    }
    for (const [name, weights] of Object.entries(made)) {
      const write: Write = (g) => {
        const hidden = weights(g.state.hidden!, g)
        return { ...honest(g), hidden: taught(hidden, g.x, g.x.matmul(hidden).sub(g.x)) }
      }
      assert.throws(() => certificateOf(write, { shapes }), /hidden is trained and used in a matmul/, name)
    }
  })

  test('a network of no block that goes back and forth between two tensors, one a step', () => {
    const write: Write = (g) => {
      const y = g.x.matmul(g.state.hidden!)
      const [gradient] = grad(energy(y.sub(g.x)), [g.state.hidden!]) as [Tensor]
      return { ...honest(g), hidden: g.state.twin!, twin: descend(g.state.hidden!, gradient) }
    }
    assert.throws(() => certificateOf(write, { shapes: { ...shapes, twin: [4, 4] } }), /belongs to no block/)
  })

  test('state that predictions read and training changes, in any operation', () => {
    const write: Write = (g) => ({ ...honest(g), hidden: g.x.matmul(g.x, { transposeA: true }) })
    assert.throws(() => certificateOf(write, { shapes, predicts: ['W0', 'hidden'] }), /predictions read hidden/)
    certificateOf(write, { shapes, predicts: ['W0', 'W1', 'W2'] })
  })
})

describe('in the blocks', () => {
  const backprop: Write = (g) => {
    const error = forward(g).y.sub(oneHot(g.labels, K))
    const [g0, g1, g2] = grad(energy(error), [g.W0, g.W1, g.W2]) as [Tensor, Tensor, Tensor]
    return { W0: descend(g.W0, g0), W1: descend(g.W1, g1), W2: descend(g.W2, g2) }
  }
  test('a whole network declared as one block, beside one that nothing reads', () => {
    const blocks = [
      { name: 'all', parameters: ['W0', 'W1', 'W2'] },
      { name: 'dummy', parameters: ['D'] },
    ]
    const write: Write = (g) => ({ ...backprop(g), D: g.state.D!.mul(0.9) })
    assertTold(row(certificateOf(write, { blocks, shapes: { D: [2, 2] } })), { window: 1, depth: 3 })
  })

  test('the same where backpropagation is written by hand, and takes no derivative', () => {
    const blocks = [
      { name: 'all', parameters: ['W0', 'W1', 'W2'] },
      { name: 'dummy', parameters: ['D'] },
    ]
    const write: Write = (g) => {
      const { h0, h1 } = forward(g)
      const error = errorOf(g)
      const [delta1, delta0] = [error.matmul(g.W2, { transposeB: true }), backpropagated(g)]
      return { W0: taught(g.W0, g.x, delta0), W1: taught(g.W1, h0, delta1), W2: taught(g.W2, h1, error) }
    }
    const { depth, inside } = row(certificateOf(write, { blocks, shapes: { D: [2, 2] } }))
    // Three products up, and two back down.
    assert.deepEqual([depth, inside], [0, 5])
  })

  test('blocks listed upside down, so that what is above seems to be below', () => {
    const write: Write = (g) => ({ ...honest(g), W0: taught(g.W0, g.x, backpropagated(g)) })
    const predict = (g: Given): Tensor => forward(g).y
    certificateOf(write, { predict })
    assert.throws(
      () => certificateOf(write, { predict, blocks: BLOCKS.toReversed() }),
      /predictions feed (output|layer 1) with what layer [01] makes, so it lies above; list blocks from below/,
    )
  })

  test('a layer whose forward pass is itself a derivative', () => {
    const write: Write = (g) => {
      const { h0 } = forward(g)
      const probe = g.x.matmul(fixed([4, 5])).stopGradient()
      const [h1] = grad(probe.matmul(g.W1, { transposeB: true }).mul(h0).sum(), [probe]) as [Tensor]
      const [g0] = grad(energy(h1), [g.W0]) as [Tensor]
      return { ...honest(g), W0: descend(g.W0, g0) }
    }
    assertTold(row(certificateOf(write)), { window: 2, depth: 2 })
  })

  test('backpropagation, and one step of it beside an honest one', () => {
    for (const writes of [[backprop], [honest, backprop]]) {
      const certificate = certificateOf(writes)
      assert.deepEqual(
        certificate.layers.map(({ window, depth }) => [window, depth]),
        [
          [3, 3],
          [2, 2],
          [1, 1],
        ],
      )
      assert.equal(certificate.local, false)
    }
  })

  test('labels that a block below keeps for the next batch', () => {
    const blocks = [
      { name: 'layer 0', parameters: ['W0', 'memory'] },
      { name: 'layer 1', parameters: ['W1'] },
      { name: 'output', parameters: ['W2'] },
    ]
    const write: Write = (g) => {
      const { h0 } = forward(g)
      return { ...honest(g), W1: taught(g.W1, h0, g.state.memory!), memory: oneHot(g.labels, K).matmul(fixed([K, 5])) }
    }
    const certificate = certificateOf(write, { blocks, shapes: { memory: [N, 5] } })
    assertTold(row(certificate, 1), { labels: 'loss' })
  })

  test('labels in a cell that is said to see none, and what lies above a layer that learns with labels', () => {
    const write: Write = (g) => {
      const h = g.x.matmul(g.W0).add(oneHot(g.labels, 5)).relu()
      const [g0] = grad(energy(h), [g.W0]) as [Tensor]
      return { ...honest(g), W0: descend(g.W0, g0) }
    }
    const certificate = certificateOf(write)
    assertTold(row(certificate, 0), { labels: 'loss' })
    assertTold(row(certificate, 1), { labels: 'weights' })
    assertTold(row(certificateOf(honest), 1), { labels: 'none' })
  })
})
