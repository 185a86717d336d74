// Figures and losses of each kind of target, against the definitions in plain numbers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdOut, type Samples, type Split } from '../../src/data/index.js'
import { constant } from '../../src/graph/index.js'
import { kindOf, TARGETS, targetKind } from '../../src/targets/index.js'
import { close, numbers } from '../nn/evaluate.js'

const input = { shape: [1] }
const names = ['a', 'b', 'c']
const samplesOf = (kind: 'class' | 'labels' | 'values', count = 3): Samples => ({
  input,
  target: { kind, count },
  names: names.slice(0, count),
  ...(kind === 'values' && {
    targetScale: { mean: [10, 20, 5].slice(0, count), deviation: [2, 4, 1].slice(0, count) },
  }),
})
const figures = (kind: 'class' | 'labels' | 'values', calls: [scores: number[], targets: number[], rows: number][]) => {
  const tally = TARGETS[kind].tally(samplesOf(kind))
  for (const [scores, targets, rows] of calls) tally.add(Float32Array.from(scores), targets, rows)
  return tally.figures()
}

test('the accuracy of classes counts the first of equal scores, nothing that is no number, and no row beyond', () => {
  const filledUp = [9, 0, 0]
  const all = figures('class', [
    [[1, 2, 0, 3, 3, 0, ...filledUp], [1, 1, 0], 2],
    [[Number.NaN, 0, 1, 0, 0, 1], [2, 2], 2],
  ])
  assert.deepEqual(all, { accuracy: 2 / 4 })
})

test('labels are right as a whole or one by one: exact match, and F1 over all labels', () => {
  const all = figures('labels', [
    [[1, -1, 2], [1, 0, 1], 1],
    [[1, 1, -1, Number.NaN, -1, -1], [1, 0, 1, 0, 0, 0], 2],
  ])
  // Said and true: a, c; a. Said: a, c; a, b. True: a, c; a, c. A sample with a score that is no number is not exact.
  assert.deepEqual(all, { exact: 1 / 3, f1: (2 * 3) / (4 + 4) })
})

test('each class has its precision and recall, and the matrix says what it is taken for', () => {
  const tally = TARGETS.class.breakdown!(samplesOf('class'))
  // True a, a, b, b; said b, a, b, nothing. A row beyond those that count, too.
  tally.add(Float32Array.of(0, 1, 0, 1, 0, 0, 0, 2, 1), [0, 0, 1], 3)
  tally.add(Float32Array.of(Number.NaN, 1, 0, 9, 0, 0), [1, 2], 1)
  assert.deepEqual(tally.breakdown(), {
    each: [
      { name: 'a', samples: 2, said: 1, hits: 1, precision: 1, recall: 1 / 2, f1: 2 / 3 },
      { name: 'b', samples: 2, said: 2, hits: 1, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 },
      { name: 'c', samples: 0, said: 0, hits: 0 },
    ],
    confusion: [
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ],
  })
})

test('each label has its precision and recall, and no matrix', () => {
  const tally = TARGETS.labels.breakdown!(samplesOf('labels', 2))
  tally.add(Float32Array.of(1, -1, 1, Number.NaN, -1, -1), [1, 0, 0, 1, 1, 0], 3)
  assert.deepEqual(tally.breakdown(), {
    each: [
      { name: 'a', samples: 2, said: 2, hits: 1, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 },
      { name: 'b', samples: 1, said: 0, hits: 0, recall: 0, f1: 0 },
    ],
  })
})

test('values have R2, the mean over those that vary, and errors in their own units', () => {
  const all = figures('values', [
    [[1, 0.5, 7], [1, 1, 7], 1],
    [[0, -0.5, 8], [-1, -1, 7], 1],
  ])
  // a: error 1 of a variation 2; b: 0.5 of 2; c never varies and is left out.
  close([all.r2!], [(0.5 + 0.75) / 2])
  close([all['rmse of a']!, all['rmse of b']!, all['rmse of c']!], [2 * Math.sqrt(0.5), 4 * 0.5, Math.sqrt(0.5)])
})

test('values of which none varies have the R2 0, not a number that is none', () => {
  const all = figures('values', [[[1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], 2]])
  assert.equal(all.r2, 0)
})

test('what is said of a sample has the names and units of the data set', () => {
  assert.deepEqual(TARGETS.class.say([0, 2, 1], samplesOf('class')), { label: 1, className: 'b' })
  assert.deepEqual(TARGETS.class.say([Number.NaN, 2, 1], samplesOf('class')), { label: -1, className: 'not a number' })
  assert.deepEqual(TARGETS.labels.say([0.1, -2, 1], samplesOf('labels')), { labels: ['a', 'c'] })
  assert.deepEqual(TARGETS.values.say([0, 1, -1], samplesOf('values')), { values: { a: 10, b: 24, c: 4 } })
})

test('programs read classes whole, labels as 0 or 1, and values standardised', () => {
  const split = (targets: Split['targets']): Split => ({ inputs: new Float32Array(2), targets: targets!, count: 2 })
  assert.deepEqual(
    TARGETS.class.gather(split(new Int32Array([300, 1])), [1, 0], samplesOf('class')),
    Int32Array.of(1, 300),
  )
  const labels = split(new Uint8Array([0, 1, 1, 1, 0, 0]))
  assert.deepEqual(
    TARGETS.labels.gather(labels, [1, 1, 0], samplesOf('labels')),
    Float32Array.of(1, 0, 0, 1, 0, 0, 0, 1, 1),
  )
  const values = split(new Float32Array([10, 28, 12, 16]))
  assert.deepEqual(TARGETS.values.gather(values, [1, 0], samplesOf('values', 2)), Float32Array.of(1, -1, 0, 2))
})

test('losses are the cross-entropy, its sum over labels, and the squared error', () => {
  const scores = [0.5, -1, 2, 0, 1, -2]
  const tensor = (list: number[]) => constant(list, [2, 3])
  const logistic = (v: number): number => 1 / (1 + Math.exp(-v))
  const rows = [scores.slice(0, 3), scores.slice(3)]
  close(
    numbers(TARGETS.class.loss(tensor(scores), constant([2, 0], [2], 'int32'))),
    rows.map((row, i) => Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[[2, 0][i]!]!),
  )
  const wanted = [1, 0, 1, 0, 0, 1]
  const terms = scores.map((v, i) => -Math.log(wanted[i] === 1 ? logistic(v) : 1 - logistic(v)))
  close(
    numbers(TARGETS.labels.loss(tensor(scores), tensor(wanted))),
    [0, 3].map((i) => terms[i]! + terms[i + 1]! + terms[i + 2]!),
  )
  const squares = scores.map((v, i) => (v - wanted[i]!) ** 2)
  close(
    numbers(TARGETS.values.loss(tensor(scores), tensor(wanted))),
    [0, 3].map((i) => squares[i]! + squares[i + 1]! + squares[i + 2]!),
  )
})

test('a step measures the share of its samples that are right as a whole', () => {
  const scores = constant([3, -1, 2, -1, 5, -2], [2, 3])
  close(numbers(TARGETS.class.metrics(scores, constant([0, 2], [2], 'int32')).accuracy!), [0.5])
  close(numbers(TARGETS.labels.metrics(scores, constant([1, 0, 1, 0, 1, 1], [2, 3])).exact!), [0.5])
})

test('a hold-out takes its share of every set of labels', () => {
  // 40 samples: 20 with no label, 12 with a, 8 with a and c.
  const sets = Array.from({ length: 40 }, (_, i) => (i % 10 < 5 ? [0, 0, 0] : i % 10 < 8 ? [1, 0, 0] : [1, 0, 1]))
  const split = { inputs: new Float32Array(40), targets: Uint8Array.from(sets.flat()), count: 40 }
  const { validation } = holdOut(split, TARGETS.labels.groups(split, 3), 20, 1)
  const count = (own: string): number =>
    Array.from({ length: 20 }, (_, i) => validation.targets!.subarray(3 * i, 3 * i + 3).join()).filter(
      (one) => one === own,
    ).length
  assert.deepEqual(['0,0,0', '1,0,0', '1,0,1'].map(count), [10, 6, 4])
})

test('without a target there is nothing to measure, and a rule that asks for one is told so', () => {
  assert.equal(kindOf({ kind: 'none' }), undefined)
  assert.throws(() => targetKind({ kind: 'none' }), { name: 'UserError', message: /the data set has none: choose/ })
})
