import assert from 'node:assert/strict'
import test from 'node:test'
import { choose, newTrial, observe, type Trial } from '../../src/runtime/trial.js'

/** Calls of 100 steps of ways that take so many seconds each, in the order in which they were chosen. */
function calls(seconds: readonly (readonly number[])[], count: number, trial: Trial = newTrial()) {
  let now = trial
  const asked = seconds.map(() => 0)
  const ways = Array.from({ length: count }, () => {
    const way = choose(now)
    now = observe(now, way, 100, seconds[way]![Math.min(asked[way]!++, seconds[way]!.length - 1)]!)
    return way
  })
  return { ways, trial: now }
}

test('the first call of each way does not count; one more of each decides where the difference is clear', () => {
  const { ways, trial } = calls(
    [
      [0.1, 0.5],
      [2, 0.3],
    ],
    7,
  )
  assert.deepEqual(ways, [0, 1, 0, 1, 1, 1, 1])
  assert.equal(trial.decided!.way, 1)
})

test('where the difference is small, the fastest of two calls of each decides', () => {
  const times = [
    [0.1, 0.5, 0.46],
    [0.1, 0.48, 0.47],
  ]
  assert.deepEqual(calls(times, 9).ways, [0, 1, 0, 1, 0, 1, 0, 0, 0])
})

test('calls that are too short decide nothing', () => {
  const { ways, trial } = calls([[0.01], [0.005]], 20)
  assert.deepEqual(ways, [0, 1, ...Array(18).fill(0)])
  assert.equal(trial.decided, undefined)
})

test('a step that takes longer than it did begins another comparison, in which what runs is warm and timed', () => {
  const decided = calls([[0.1], [0.2]], 5).trial
  // Not at once: two seconds later.
  assert.deepEqual(calls([[0.25, 0.1], [0.2]], 5, decided).ways, [0, 0, 0, 0, 0])
  const before = calls([[0.1], [0.2]], 20, decided).trial
  assert.equal(before.decided!.way, 0)
  assert.deepEqual(calls([[0.25, 0.1], [0.2]], 5, before).ways, [0, 1, 1, 1, 1])
  // A short call says nothing.
  assert.equal(observe(before, 0, 1, 0.01).decided!.way, 0)
})

test('after twenty seconds the ways are compared again, and another one may be the fastest', () => {
  const before = calls([[0.1], [0.2]], 4).trial
  const { ways } = calls([[0.1], [0.05]], 210, before)
  const again = ways.indexOf(1)
  assert.ok(again > 195 && again < 205, `${again}`)
  assert.ok(ways.slice(again).every((way) => way === 1))
})
