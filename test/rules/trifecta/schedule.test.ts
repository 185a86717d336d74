import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { trifecta } from '../../../src/rules/trifecta/trifecta.js'
import { close } from '../../nn/evaluate.js'
import { batchFor, evaluate, type Numbers } from '../harness.js'
import { BLOCKS, given, movedUnder, namesUnder, task } from './network.js'

describe('the schedule of overlapping updates, six blocks', () => {
  test('mini-batches of an epoch take turns, from an even one', () => {
    const hyper = trifecta.hyper.parse({})
    const steps = [0, 1].map((epoch) => [0, 1, 2, 3].map((t) => trifecta.schedule!(epoch, t, hyper, 0)))
    assert.deepEqual(
      steps,
      [0, 1].map(() => [['even'], ['odd'], ['even'], ['odd']]),
    )
    assert.deepEqual(trifecta.schedule!(0, 1, trifecta.hyper.parse({ overlap: false }), 0), ['joint'])
  })

  const EXPECTED = {
    even: { losses: [1, 3, 5], moved: [0, 1, 2, 3, 4, 5], label: false },
    odd: { losses: [0, 2, 4], moved: [0, 1, 2, 3, 4], label: true },
  }
  for (const parity of ['even', 'odd'] as const)
    test(`t ${parity}: losses at ${EXPECTED[parity].losses}, blocks ${EXPECTED[parity].moved} learn`, () => {
      const { state, step } = given()
      const { after } = step(parity)
      const { losses, moved, label } = EXPECTED[parity]
      assert.deepEqual(
        BLOCKS.filter((i) => after.metrics[`block ${i}/loss`]),
        losses,
      )
      assert.deepEqual(
        BLOCKS.filter((i) => movedUnder(state, after.state, `layers.${i}`)),
        moved,
      )
      assert.deepEqual(
        BLOCKS.filter((i) => movedUnder(state, after.state, `optimizers.${i}`)),
        losses,
      )
      assert.equal(movedUnder(state, after.state, 'layers.0.label'), label)
    })

  test('without overlap every block learns by its own loss, and no Adam holds the block below', () => {
    const { state, step } = given({ overlap: false })
    const { after } = step('joint')
    for (const i of BLOCKS) {
      assert.ok(movedUnder(state, after.state, `layers.${i}`))
      assert.equal(namesUnder(state, `optimizers.${i}.first`).length, i === 0 ? 4 : 3)
    }
    assert.ok(movedUnder(state, after.state, 'layers.0.label'))
  })

  test('a fixed label stays as it began', () => {
    const { state, step } = given({ label: 'fixed' })
    assert.ok(!movedUnder(state, step('odd').after.state, 'layers.0.label'))
  })
})

test('two Adams for each weight: the second one begins from its own zero moments', () => {
  const { hyper, traced, state, step } = given()
  const one = step('even').after.state
  const two = evaluate(traced.steps.odd!, one, batchFor(traced.steps.odd!, task, 2)).state
  // Adam's first step moves by rate g / (|g| + epsilon).
  const first = (from: Numbers, to: Numbers, leaf: string, moments: string): void => {
    const gradient = to[moments]!
    const moved = from[leaf]!.map((v, i) => v - (hyper.rate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-8))
    close(to[leaf]!, moved, 1e-12, leaf)
  }
  first(state, one, 'layers.1.weight', 'optimizers.1.first.2')
  first(state, one, 'layers.0.weight', 'optimizers.1.first.5')
  first(one, two, 'layers.0.weight', 'optimizers.0.first.2')
  first(one, two, 'layers.1.weight', 'optimizers.2.first.5')
  for (const name of namesUnder(one, 'optimizers.1')) assert.deepEqual(two[name], one[name])
  const counts = (s: Numbers): number[] => BLOCKS.map((i) => s[`optimizers.${i}.count`]![0]!)
  assert.deepEqual(
    [counts(one), counts(two)],
    [
      [0, 1, 0, 1, 0, 1],
      [1, 1, 1, 1, 1, 1],
    ],
  )
})
