import assert from 'node:assert/strict'
import test from 'node:test'
import { choose, isDecided, newTrial, observe } from '../../src/runtime/trial.js'

/** Calls of 100 steps of ways that take so many seconds each, in the order in which they were chosen. */
function calls(seconds: readonly (readonly number[])[], count: number): number[] {
  let trial = newTrial(seconds.length)
  const asked = seconds.map(() => 0)
  return Array.from({ length: count }, () => {
    const way = choose(trial)
    trial = observe(trial, way, 100, seconds[way]![Math.min(asked[way]!++, seconds[way]!.length - 1)]!)
    return way
  })
}

test('ways take turns, and the one with the fastest call goes on; the first call of each does not count', () => {
  assert.deepEqual(
    calls(
      [
        [0.1, 0.5],
        [2, 0.4],
      ],
      11,
    ),
    [0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1],
  )
  assert.deepEqual(
    calls(
      [
        [0.5, 0.5, 0.3],
        [0.1, 0.4],
      ],
      11,
    ),
    [0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0],
  )
})

test('short calls decide nothing', () => {
  assert.deepEqual(calls([[0.05], [0.01]], 20), Array(20).fill(0))
})

test('one way is chosen without a trial', () => {
  assert.deepEqual(calls([[1]], 5), Array(5).fill(0))
  assert.ok(!isDecided(newTrial(1)))
})
