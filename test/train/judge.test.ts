import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scores } from '../../src/train/events.js'
import { type Bench, criterionOf, figureOf, judge, learnedPart } from '../../src/train/judge.js'

const merit = { figure: 'accuracy', better: 'larger' } as const
const bench = (changes: Partial<Bench> = {}): Bench => ({
  rule: { predict: () => ({ scores: undefined as never }) },
  hyper: {},
  merit,
  blocks: ['lower', 'upper'],
  patience: 2,
  ...changes,
})
const generative = bench({ rule: { objective: 'J' } })
/** The lower block has a figure of its own, the upper one is judged by what it says of the target. */
const greedy = { objective: (layer: number) => (layer === 0 ? 'error' : undefined) } as Bench['rule']['greedy'] & object
const layered = bench({ rule: { ...bench().rule, greedy } })
const network = (figures: Readonly<Record<string, number>>): Scores => ({ network: figures })

test('a network is judged by what it says of its target, or by its objective where it says nothing', () => {
  assert.deepEqual(criterionOf(bench()), merit)
  assert.deepEqual(criterionOf(generative), { figure: 'J', better: 'smaller' })
  assert.deepEqual(criterionOf(bench({ rule: { ...bench().rule, objective: 'J' }, merit: undefined })), {
    figure: 'J',
    better: 'smaller',
  })
})

test('a layer that learns alone is judged by its own figure, then by what it says, then by what the network says', () => {
  assert.deepEqual(criterionOf(layered, 0), { block: 'lower', figure: 'error', better: 'smaller' })
  const says: Scores = { network: { accuracy: 0.1 }, blocks: { upper: { accuracy: 0.7 } } }
  assert.deepEqual(criterionOf(layered, 1, says), { block: 'upper', ...merit })
  assert.equal(figureOf(criterionOf(layered, 1, says), says), 0.7)
  assert.deepEqual(criterionOf(layered, 1, network({ accuracy: 0.1 })), merit)
})

test('the best epoch is the first of equals, larger or smaller as the figure has it', () => {
  const first = judge(bench(), network({ accuracy: 0.5 }), 0)
  assert.deepEqual([first.better, first.best], [true, { epoch: 0, merit: 0.5 }])
  const equal = judge(bench(), network({ accuracy: 0.5 }), 1, first.best)
  assert.deepEqual([equal.better, equal.best], [false, first.best])
  const lower = judge(generative, network({ J: 3 }), 4, { epoch: 3, merit: -4 })
  assert.deepEqual([lower.better, lower.best], [true, { epoch: 4, merit: -3 }])
  assert.equal(judge(generative, network({ J: 5 }), 4, { epoch: 3, merit: -4 }).better, false)
})

test('a phase ends after as many epochs without a better one as there is patience, and never without any', () => {
  const best = { epoch: 3, merit: 0.5 }
  const after = (epoch: number, patience: number): boolean =>
    judge(bench({ patience }), network({ accuracy: 0.4 }), epoch, best).early
  assert.deepEqual([after(4, 2), after(5, 2), after(99, 0)], [false, true, false])
  assert.equal(judge(bench(), network({ accuracy: 0.6 }), 9, best).early, false)
})

test('a figure that is no number, or was not measured, is broken and never the best', () => {
  for (const scores of [network({ accuracy: Number.NaN }), network({}), {}]) {
    const { broken, better, early } = judge(bench(), scores, 7, { epoch: 3, merit: 0.5 })
    assert.deepEqual([broken, better, early], [true, false, false])
  }
})

test('of a network whose upper blocks have learned nothing, nothing is told but the blocks below', () => {
  const scores: Scores = {
    network: { accuracy: 0.3 },
    blocks: { pixels: { accuracy: 0.8 }, lower: { accuracy: 0.6, error: 2 }, upper: { accuracy: 0.5, error: 3 } },
  }
  assert.equal(learnedPart(layered, scores, undefined), scores)
  // The lower block is judged by a figure: what it says of the target comes through blocks that know nothing.
  assert.deepEqual(learnedPart(layered, scores, 0), { blocks: { lower: { error: 2 } } })
  assert.deepEqual(learnedPart(layered, scores, 1), {
    blocks: { lower: { accuracy: 0.6, error: 2 }, upper: { accuracy: 0.5, error: 3 } },
  })
})
