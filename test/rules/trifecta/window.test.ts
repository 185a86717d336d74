import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { certifyRule } from '../../../src/rules/certify.js'
import type { TrifectaHyper } from '../../../src/rules/trifecta/options.js'
import { trifecta } from '../../../src/rules/trifecta/trifecta.js'
import { evaluate, type Numbers } from '../harness.js'
import { given, isSame, namesUnder, SMALL, task } from './network.js'

describe('the window: two blocks', () => {
  const changed = (state: Numbers, block: number): Numbers => ({
    ...state,
    [`layers.${block}.weight`]: state[`layers.${block}.weight`]!.map((v) => 1.5 * v + 0.01),
  })
  for (const [parity, pairs] of [
    [
      'even',
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    ],
    ['odd', [[0], [1, 2], [3, 4]]],
  ] as const)
    test(`t ${parity}: a change above a pair leaves its update bit for bit as it was, one within changes both`, () => {
      const { state, step } = given()
      const { after, graph, batch } = step(parity)
      for (const pair of pairs) {
        const top = pair.at(-1)!
        const update = (from: Numbers, i: number): readonly number[] => {
          const next = evaluate(graph, from, batch).state
          return namesUnder(state, `optimizers.${top}`)
            .concat(namesUnder(state, `layers.${i}`))
            .flatMap((name) => next[name]!)
        }
        const own = namesUnder(state, `optimizers.${top}`).concat(namesUnder(state, `layers.${pair[0]}`))
        const before = own.flatMap((name) => after.state[name]!)
        if (top < 5) assert.deepEqual(update(changed(state, top + 1), pair[0]!), before)
        if (pair.length === 2) assert.ok(!isSame(update(changed(state, top), pair[0]!), before))
      }
    })

  test('the certificate says so, and that labels come in with the images', () => {
    const windows = (options: Partial<TrifectaHyper>) => {
      const { local, layers } = certifyRule(trifecta, task, trifecta.hyper.parse({ ...SMALL, ...options }))
      assert.ok(layers.every(({ reads }) => reads.labels === 'input' && !reads.feedback && !reads.broadcast))
      return { local, windows: layers.map(({ window }) => window), depths: layers.map(({ depth }) => depth) }
    }
    for (const negatives of ['uniform', 'hard'] as const)
      assert.deepEqual(windows({ negatives }), {
        local: false,
        windows: [2, 2, 2, 2, 2, 1],
        depths: [2, 2, 2, 2, 2, 1],
      })
    for (const normalization of ['batch', 'layer'] as const)
      assert.deepEqual(windows({ overlap: false, normalization }), {
        local: true,
        windows: [1, 1, 1, 1, 1, 1],
        depths: [1, 1, 1, 1, 1, 1],
      })
  })
})
