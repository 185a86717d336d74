import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killedFigures, prunedFigures } from '../../bench/study-figures.js'
import { isNotWorse } from '../../bench/study-table.js'
import { NOTES, type Study, type Trial } from '../../src/tune/study.js'
import { trial } from '../tune/search.js'

const study = (...trials: readonly Trial[]): Study => ({ name: 's', directions: ['maximize'], notes: {}, trials })

/** A trial of one epoch that came to this. */
const ended = (number: number, rate: number, value: number): Trial =>
  trial(number, { params: { rate }, values: [value], reports: new Map([[1, value]]) })

/** One that ran when the study was killed. */
const cutOff = (number: number, rate: number): Trial =>
  trial(number, { state: 'failed', params: { rate }, systemNotes: { [NOTES.interrupted]: true } })

const whole = study(ended(0, 1, 0.5), ended(1, 2, 0.7))
const how = { workers: 1, kills: 1 }
const compared = (cut: Study, told: readonly number[]) => killedFigures(how, whole, cut, new Set(told))

test('a trial that was cut off and made again is neither lost nor made twice, and the study is the same', () => {
  const { same, ...counts } = compared(study(ended(0, 1, 0.5), cutOff(1, 2), ended(2, 2, 0.7)), [0, 2])
  assert.deepEqual(counts, { what: 'killed', ...how, interrupted: 1, finished: 2, lost: 0, twice: 0 })
  assert.ok(same)
})

test('another value, another order, or another value on the way is another study', () => {
  const other = { ...ended(1, 2, 0.7), reports: new Map([[1, 0.6]]) }
  for (const cut of [study(ended(0, 1, 0.5), ended(1, 2, 0.6)), study(ended(0, 2, 0.7), ended(1, 1, 0.5))])
    assert.equal(compared(cut, [0, 1]).same, false)
  assert.equal(compared(study(ended(0, 1, 0.5), other), [0, 1]).same, false)
})

test('what was told and is not in the journal is lost; settings that stand there twice were made twice', () => {
  assert.equal(compared(study(ended(0, 1, 0.5), cutOff(1, 2)), [0, 1]).lost, 1)
  assert.equal(compared(study(ended(0, 1, 0.5), ended(1, 1, 0.5)), [0, 1]).twice, 1)
})

test('epochs are those of all trials that came to an end, the diverged ones among them', () => {
  const epochs = (values: readonly number[]): Trial['reports'] => new Map(values.map((value, i) => [i + 1, value]))
  const long = trial(0, { values: [0.9], reports: epochs([0.8, 0.9]) })
  const short = trial(1, { state: 'pruned', values: [0.95], reports: epochs([0.95]) })
  const diverged = trial(2, { state: 'failed', reports: epochs([0.1]), notes: { diverged: 'yes' } })
  const figures = prunedFigures(study(long, short, diverged), 'median', 3)
  assert.deepEqual(figures, { what: 'pruning', pruner: 'median', seed: 3, epochs: 4, pruned: 1, best: 0.9 })
})

test('a best is not worse within twice the standard error of the difference', () => {
  assert.ok(isNotWorse([0, 0, 0]))
  assert.ok(isNotWorse([-1, 1, -0.5]))
  assert.ok(!isNotWorse([-1, -1.2, -0.8]))
})
