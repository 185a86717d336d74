// What a rule says of its blocks and their state, against what the programs do with it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Block } from '../../src/certificate/certify.js'
import { concat, constant, grad, oneHot, type Tensor } from '../../src/graph/index.js'
import { BLOCKS, certificateOf, descend, energy, forward, honest, K, N, type Setting, type Write } from './given.js'

const backprop: Write = (g) => {
  const sources = [g.W0, g.W1, g.W2]
  const [g0, g1, g2] = grad(energy(forward(g).y.sub(oneHot(g.labels, K))), sources) as [Tensor, Tensor, Tensor]
  return { W0: descend(g.W0, g0), W1: descend(g.W1, g1), W2: descend(g.W2, g2) }
}
const all = { name: 'all', parameters: ['W0', 'W1', 'W2'] }

describe('blocks', () => {
  const stack = (...indices: number[]): Block[] => [
    ...BLOCKS,
    { name: 's', parameters: indices.map((index) => ({ path: 'S', index })) },
  ]
  const cases: Record<string, { blocks: readonly Block[]; error: RegExp }> = {
    'two that hold one tensor': {
      blocks: [{ name: 'a', parameters: ['W0'] }, { name: 'b', parameters: ['W1'] }, all],
      error: /W0 belongs to a and to all; name it in one block alone/,
    },
    'two that hold one tensor, one of them by what it lies under': {
      blocks: [...BLOCKS, { name: 'a', parameters: ['deep'] }, { name: 'b', parameters: ['deep.w'] }],
      error: /deep\.w belongs to a and to b/,
    },
    'one that holds a tensor as parameters and as statistics': {
      blocks: [{ name: 'a', parameters: ['W0'], statistics: ['W0'] }, ...BLOCKS.slice(1)],
      error: /W0 is a parameter of a and a statistic of a/,
    },
    'a slice that is not there': { blocks: stack(0, 1, 2), error: /s has slice 2 of S, which has 2 slices, from 0/ },
    'a slice that two hold': { blocks: stack(0, 1, 1), error: /slice 1 of S belongs to s and to s/ },
    'a slice that none holds': { blocks: stack(1), error: /slice 0 of S belongs to no block/ },
    'two of one name': {
      blocks: [...BLOCKS, { name: 'output', parameters: ['S'] }],
      error: /two blocks are called output/,
    },
  }
  for (const [name, { blocks, error }] of Object.entries(cases))
    test(`${name} are refused`, () => {
      assert.throws(() => certificateOf(honest, { blocks, shapes: { S: [2, 3], 'deep.w': [2] } }), error)
    })

  for (const [name, other] of Object.entries({
    'nothing at all': [],
    'a name that no state has': ['W7'],
  }))
    test(`a network in one block is not local beside one that holds ${name}`, () => {
      const blocks = [all, { name: 'other', parameters: other }]
      assert.equal(certificateOf(backprop, { blocks }).local, false)
    })
})

describe('statistics', () => {
  const times = {
    'row by row': (x: Tensor, w: Tensor): Tensor =>
      Array.from({ length: w.shape[0]! }, (_, i) => x.slice(1, i, i + 1).mul(w.slice(0, i, i + 1))).reduce((a, b) =>
        a.add(b),
      ),
    'unit by unit, summed by a product with ones': (x: Tensor, w: Tensor): Tensor => {
      const ones = constant(1).broadcastTo([x.shape[1]!, 1])
      const unit = (i: number): Tensor => w.slice(1, i, i + 1).reshape([x.shape[1]!])
      return concat(
        Array.from({ length: w.shape[1]! }, (_, i) => x.mul(unit(i)).matmul(ones)),
        1,
      )
    },
    'spread out, turned and then summed': (x: Tensor, w: Tensor): Tensor => {
      const shape = [N, ...w.shape]
      return x.reshape([N, -1, 1]).broadcastTo(shape).mul(w.broadcastTo(shape)).transpose([0, 2, 1]).sum(2)
    },
    'as distances, unit by unit': (x: Tensor, w: Tensor): Tensor => {
      const unit = (i: number): Tensor => w.slice(1, i, i + 1).reshape([x.shape[1]!])
      return concat(
        Array.from({ length: w.shape[1]! }, (_, i) => x.sub(unit(i)).square().sum(1, true)),
        1,
      )
    },
  }
  const setting: Setting = {
    shapes: { U: [4, 5], V: [5, K] },
    predicts: ['W0', 'U', 'V'],
    blocks: [{ name: 'layer 0', parameters: ['W0'], statistics: ['U', 'V'] }, ...BLOCKS.slice(1)],
  }
  for (const [name, product] of Object.entries(times)) {
    test(`may not be a network, its products written ${name}`, () => {
      const write: Write = (g) => {
        const { U, V } = g.state as { U: Tensor; V: Tensor }
        const [gU, gV] = grad(energy(product(product(g.x, U).relu(), V).sub(oneHot(g.labels, K))), [U, V]) as [
          Tensor,
          Tensor,
        ]
        return { ...honest(g), U: descend(U, gU), V: descend(V, gV) }
      }
      assert.throws(() => certificateOf(write, setting), /name it in its block's parameters/)
    })

    test(`are not needed for a derivative to cross products that are written ${name}`, () => {
      const write: Write = (g) => {
        const y = product(product(product(g.x, g.W0).relu(), g.W1).relu(), g.W2)
        const [g0] = grad(energy(y.sub(oneHot(g.labels, K))), [g.W0]) as [Tensor]
        return { ...honest(g), W0: descend(g.W0, g0) }
      }
      const { window, depth } = certificateOf(write).layers[0]!
      assert.equal(window, 3)
      // Distances to one unit at a time look like a bias: the window is told, the depth is not.
      if (!name.startsWith('as distances')) assert.equal(depth, 3)
    })
  }
})

describe('what state starts with', () => {
  const labelsOf = (start: string, write: Write = honest) =>
    certificateOf(write, { labelled: [start], shapes: { code: [5] } }).layers.map(({ reads }) => reads.labels)

  test('weights made of labels: their layer has seen labels, and the layers above one that did', () => {
    assert.deepEqual(labelsOf('W0'), ['loss', 'weights', 'loss'])
  })

  test('state of no block made of labels, which a layer learns from', () => {
    const write: Write = (g) => {
      const [g0] = grad(energy(g.x.matmul(g.W0).sub(g.state.code!)), [g.W0]) as [Tensor]
      return { ...honest(g), W0: descend(g.W0, g0) }
    }
    assert.deepEqual(labelsOf('code', write), ['loss', 'weights', 'loss'])
    assert.deepEqual(labelsOf('nothing', write), ['none', 'none', 'loss'])
  })
})
