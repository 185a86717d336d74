// Many layers, one tensor each or stacked in one: told by block, and with work that grows with their number alone.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Certificate } from '../../src/certificate/certificate.js'
import { type Block, certify, type Program } from '../../src/certificate/certify.js'
import { argmax, concat, constant, grad, input, oneHot, range, scan, type Tensor } from '../../src/graph/index.js'

const [N, D, K] = [6, 3, 3]
const leaf = (name: string, shape: readonly number[]): Tensor => input({ name, kind: 'state', shape, dtype: 'float32' })
const energy = (h: Tensor): Tensor => h.square().sum()

type Layers = (weights: readonly Tensor[], x: Tensor, labels: Tensor) => readonly Tensor[]

/** Layers of a tensor each; `learn` gives their new values. */
function separate(count: number, learn: Layers): { program: Program; blocks: Block[] } {
  const names = Array.from({ length: count }, (_, i) => `layers.${i}`)
  const weights = names.map((name) => leaf(name, [D, D]))
  const x = input({ name: 'x', kind: 'data', shape: [N, D], dtype: 'float32' })
  const next = learn(weights, x, input({ name: 'labels', kind: 'labels', shape: [N], dtype: 'int32' }))
  return {
    program: { state: names.map((name, i) => ({ name, input: weights[i]!, output: next[i]! })) },
    blocks: names.map((name, i) => ({ name: `layer ${i}`, parameters: [name] })),
  }
}

function workOf({ program, blocks }: { program: Program; blocks: Block[] }): {
  certificate: Certificate
  operations: number
} {
  const work = { operations: 0 }
  const certificate = certify([program], blocks, { samples: N, choices: K, work })
  return { certificate, operations: work.operations }
}

const up = (weights: readonly Tensor[], x: Tensor): Tensor[] => {
  const all = [x]
  for (const w of weights) all.push(all.at(-1)!.stopGradient().matmul(w).tanh())
  return all
}
const updated = (w: Tensor, below: Tensor, signal: Tensor): Tensor =>
  w.sub(below.matmul(signal, { transposeA: true }).mul(0.1))

const local: Layers = (weights, x) => {
  const h = up(weights, x)
  return weights.map((w, i) => w.sub(grad(energy(h[i + 1]!), [w])[0]!.mul(0.1)))
}
const predictiveCoding: Layers = (weights, x, labels) => {
  const start = weights.map(() => constant(0).broadcastTo([N, D]))
  const { carried } = scan(5, start, (h) => ({
    carried: h.map((own, i) => {
      const below = i === 0 ? x : h[i - 1]!
      const target = i + 1 < h.length ? h[i + 1]!.matmul(weights[i + 1]!, { transposeB: true }) : oneHot(labels, K)
      return own.add(below.matmul(weights[i]!).sub(own).add(target).mul(0.1))
    }),
  }))
  return weights.map((w, i) => updated(w, i === 0 ? x : carried[i - 1]!, carried[i]!))
}
const backprop: Layers = (weights, x, labels) => {
  const top = weights.reduce((h, w) => h.matmul(w).tanh(), x)
  return grad(energy(top.sub(oneHot(labels, K))), weights).map((g, i) => weights[i]!.sub(g.mul(0.1)))
}
const broadcast: Layers = (weights, x, labels) => {
  const h = up(weights, x)
  const error = h.at(-1)!.sub(oneHot(labels, K))
  return weights.map((w, i) => updated(w, h[i]!, error.matmul(constant(i + 1).broadcastTo([K, D]))))
}
const hardNegatives: Layers = (weights, x) => local(weights, x.add(oneHot(argmax(up(weights, x).at(-1)!), D)), x)

describe('layers of a tensor each', () => {
  const above = (i: number, count: number): number[] => Array.from({ length: count - i - 1 }, (_, k) => i + 1 + k)
  const cases: Record<string, { learn: Layers; told: (c: Certificate, count: number) => void }> = {
    'that learn by themselves': { learn: local, told: (c) => assert.equal(c.local, true) },
    'that settle together, with feedback from all above': {
      learn: predictiveCoding,
      told: (c, count) => {
        for (const { layer, reads } of c.layers.slice(0, -1))
          assert.deepEqual(reads.feedback, { blocks: above(layer, count), transport: true })
        assert.equal(c.layers.at(-1)!.reads.feedback, undefined)
      },
    },
    'by backpropagation': {
      learn: backprop,
      told: (c, count) => {
        for (const { layer, window, depth } of c.layers)
          assert.deepEqual([window, depth], [count - layer, count - layer])
      },
    },
    'that get the error of the output': {
      learn: broadcast,
      told: (c) => {
        for (const { reads } of c.layers.slice(0, -1))
          assert.deepEqual([reads.broadcast?.numbers, reads.feedback], [K, undefined])
      },
    },
    'fed with a choice of the output': {
      learn: hardNegatives,
      told: (c, count) => {
        assert.equal(c.local, true)
        for (const { layer, reads } of c.layers.slice(0, -1))
          assert.deepEqual(reads.choice, { blocks: above(layer, count), bits: Math.log2(D) })
      },
    },
  }
  for (const [name, { learn, told }] of Object.entries(cases))
    test(`${name}: twice as many take twice the work`, () => {
      const [few, many] = [64, 128].map((count) => ({ count, ...workOf(separate(count, learn)) }))
      told(few!.certificate, 64)
      told(many!.certificate, 128)
      assert.ok(many!.operations < 2.1 * few!.operations, `${few!.operations} and ${many!.operations} operations`)
    })
})

/**
 * Layers stacked in W [L, D, D], all of which learn at once, each from what the one below made of the batch before. `mixed`
 * may add to the signal that they learn from.
 */
function stacked(count: number, mixed?: (W: Tensor, h: Tensor) => Tensor): { program: Program; blocks: Block[] } {
  const [W, h] = [leaf('W', [count, D, D]), leaf('h', [count, N, D])]
  const x = input({ name: 'x', kind: 'data', shape: [N, D], dtype: 'float32' })
  const below = concat([x.reshape([1, N, D]), h.slice(0, 0, count - 1)], 0)
  const above = below.matmul(W).tanh()
  const [gradient] = grad(energy(above), [W]) as [Tensor]
  const step = mixed ? gradient.add(below.matmul(mixed(W, above), { transposeA: true })) : gradient
  return {
    program: {
      state: [
        { name: 'W', input: W, output: W.sub(step.mul(0.1)) },
        { name: 'h', input: h, output: above.stopGradient() },
      ],
    },
    blocks: Array.from({ length: count }, (_, index) => ({
      name: `layer ${index}`,
      parameters: [{ path: 'W', index }],
    })),
  }
}

describe('layers stacked in one tensor', () => {
  test('are blocks of their own, and local: twice as many take twice the work', () => {
    const [few, many] = [64, 128].map((count) => workOf(stacked(count)))
    for (const { certificate } of [few!, many!]) {
      assert.equal(certificate.local, true)
      for (const { window, depth, reads } of certificate.layers)
        assert.deepEqual([window, depth, reads], [1, 1, { labels: 'none' }])
    }
    assert.equal(many!.certificate.layers.length, 128)
    assert.ok(many!.operations < 2.1 * few!.operations, `${few!.operations} and ${many!.operations} operations`)
  })

  const L = 5
  test('are local where each is cut out of the stack, and learns by itself', () => {
    const W = leaf('W', [L, D, D])
    const x = input({ name: 'x', kind: 'data', shape: [N, D], dtype: 'float32' })
    const layers = Array.from({ length: L }, (_, i) => W.slice(0, i, i + 1).reshape([D, D]))
    const losses = up(layers, x).slice(1).map(energy)
    const [gradient] = grad(
      losses.reduce((a, b) => a.add(b)),
      [W],
    ) as [Tensor]
    const { certificate } = workOf({
      program: { state: [{ name: 'W', input: W, output: W.sub(gradient) }] },
      blocks: stacked(L).blocks,
    })
    assert.deepEqual([certificate.local, certificate.layers.map(({ window }) => window)], [true, [1, 1, 1, 1, 1]])
  })

  const shifted = (h: Tensor, by: number): Tensor => concat([h.slice(0, by, L), h.slice(0, 0, by)], 0)
  const mixtures: Record<string, { mixed: (W: Tensor, h: Tensor) => Tensor; from: (i: number) => number[] }> = {
    'a sum over the layers': {
      mixed: (_, h) => h.sum(0, true).broadcastTo([L, N, D]),
      from: (i) => [0, 1, 2, 3, 4].filter((k) => k > i),
    },
    'layers and samples transposed, multiplied and transposed back': {
      mixed: (_, h) =>
        h
          .transpose([1, 2, 0])
          .matmul(constant(1).broadcastTo([L, L]))
          .transpose([2, 0, 1]),
      from: (i) => [0, 1, 2, 3, 4].filter((k) => k > i),
    },
    'a product over the axis of layers': {
      mixed: (_, h) =>
        constant(1)
          .broadcastTo([L, L])
          .matmul(h.reshape([L, N * D]))
          .reshape([L, N, D]),
      from: (i) => [0, 1, 2, 3, 4].filter((k) => k > i),
    },
    'layers rolled by one': { mixed: (_, h) => shifted(h, 1), from: (i) => (i < 4 ? [i + 1] : []) },
    'weights rolled by two': {
      mixed: (W, h) => h.matmul(shifted(W, 2), { transposeB: true }),
      from: (i) => (i < 3 ? [i + 2] : []),
    },
    'layers gathered in another order': {
      mixed: (_, h) => h.gather(constant([4, 3, 2, 1, 0], [L], 'int32')),
      // Layer 3, as layer 1 sees it, was fed by layer 2.
      from: (i) => [[4], [2, 3], [], [], []][i]!,
    },
    'layers gathered by rows that are counted from the end': {
      mixed: (_, h) => h.gather(constant([-1, -1, -1, -1, -1], [L], 'int32')),
      from: (i) => (i < 4 ? [4] : []),
    },
    'layers gathered by an index that a loop counts': {
      mixed: (_, h) =>
        scan(L, [], (_none, index) => ({ carried: [], outputs: [h.gather(index)] })).outputs[0]!.add(
          h.gather(range(L).add(constant(0, [], 'int32'))).mul(0),
        ),
      from: (i) => [0, 1, 2, 3, 4].filter((k) => k > i),
    },
    'rounded, and by comparisons': {
      mixed: (_, h) => shifted(h, 1).greater(0).cast('float32'),
      from: (i) => (i < 4 ? [i + 1] : []),
    },
  }
  for (const [name, { mixed, from }] of Object.entries(mixtures))
    test(`are told where they are mixed: ${name}`, () => {
      const { certificate } = workOf(stacked(L, mixed))
      assert.equal(certificate.local, false)
      const found = certificate.layers.map(({ reads }) => [
        ...(reads.feedback?.blocks ?? []),
        ...(reads.broadcast && !reads.feedback?.blocks.includes(4) ? [4] : []),
      ])
      assert.deepEqual(
        found,
        Array.from({ length: L }, (_, i) => from(i)),
      )
    })

  test('are told where one derivative runs through all of them', () => {
    const W = leaf('W', [L, D, D])
    const x = input({ name: 'x', kind: 'data', shape: [N, D], dtype: 'float32' })
    const layers = Array.from({ length: L }, (_, i) => W.slice(0, i, i + 1).reshape([D, D]))
    const top = layers.reduce((h, w) => h.matmul(w).tanh(), x)
    const [gradient] = grad(energy(top), [W]) as [Tensor]
    const program = { state: [{ name: 'W', input: W, output: W.sub(gradient) }] }
    const { certificate } = workOf({ program, blocks: stacked(L).blocks })
    assert.equal(certificate.local, false)
    assert.deepEqual(certificate.layers[0]!.window, L)
  })
})
