import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { close } from '../../nn/evaluate.js'
import { BLOCKS, given, isLossPoint } from './network.js'

/** The leaves that block i's Adam moves, in its order. */
const learners = (i: number, overlap: boolean): string[] => [
  ...['gain', 'bias', 'weight'].map((leaf) => `layers.${i}.${leaf}`),
  ...(i > 0 && overlap ? ['gain', 'bias', 'weight'].map((leaf) => `layers.${i - 1}.${leaf}`) : []),
  ...(i === 0 ? ['layers.0.label'] : []),
]

describe('gradients are central differences of the loss above', () => {
  // From zero moments, Adam's first moment after one step is the gradient.
  for (const [name, parity, options] of [
    ['even', 'even', {}],
    ['odd', 'odd', {}],
    ['layer normalisation', 'even', { normalization: 'layer' }],
    ['plain Forward-Forward', 'joint', { normalization: 'layer', loss: 'threshold', overlap: false }],
  ] as const)
    test(name, () => {
      const { hyper, state, step } = given(options)
      const { after, loss } = step(parity)
      for (const i of BLOCKS.filter((block) => parity === 'joint' || isLossPoint(block, parity)))
        learners(i, hyper.overlap).forEach((leaf, place) => {
          const gradient = after.state[`optimizers.${i}.first.${place}`]!
          assert.equal(gradient.length, state[leaf]!.length)
          // The steepest entry and one more.
          const steepest = gradient.reduce((at, g, k) => (Math.abs(g) > Math.abs(gradient[at]!) ? k : at), 0)
          for (const k of new Set([steepest, gradient.length >> 1])) {
            const h = 1e-6
            const at = (shift: number): number =>
              loss(i, { ...state, [leaf]: state[leaf]!.with(k, state[leaf]![k]! + shift) })
            close([gradient[k]!], [(at(h) - at(-h)) / (2 * h)], 1e-7, `loss ${i}, ${leaf}[${k}]`)
          }
          assert.ok(gradient[steepest] !== 0, `loss ${i}, ${leaf}`)
        })
    })
})
