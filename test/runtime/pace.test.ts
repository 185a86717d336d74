import assert from 'node:assert/strict'
import test from 'node:test'
import { costs, newPace, observe, type Pace, stepsPerCall } from '../../src/runtime/pace.js'

/** A machine on which a call costs exactly fixed + perStep * steps; the first call costs `warmUp` more. */
function train(fixed: number, perStep: number, limits: readonly number[], warmUp = 0) {
  let pace: Pace = newPace()
  const steps: number[] = []
  for (const [i, limit] of limits.entries()) {
    const next = stepsPerCall(pace, limit)
    steps.push(next)
    pace = observe(pace, next, fixed + perStep * next + (i === 0 ? warmUp : 0))
  }
  return { steps, pace }
}

const plenty = (calls: number): number[] => new Array(calls).fill(1_000_000)

const near = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.abs(expected), `${actual} is not ${expected}`)

test('the costs are recovered exactly, and the first call does not count', () => {
  const { pace } = train(0.02, 0.003, plenty(8), 5)
  near(costs(pace)!.fixed, 0.02)
  near(costs(pace)!.perStep, 0.003)
})

test('a small fixed cost: calls of 0.4 s', () => {
  const { steps } = train(0.001, 0.002, plenty(8))
  assert.equal(steps.at(-1), Math.floor((0.4 - 0.001) / 0.002))
})

test('a large fixed cost: calls in which it takes 2 %', () => {
  const { steps } = train(0.03, 0.01, plenty(8))
  near(steps.at(-1)!, (0.03 / 0.02 - 0.03) / 0.01, 0.01)
})

test('a very large fixed cost: calls of 4 s, not longer', () => {
  const { steps } = train(0.3, 0.1, plenty(12))
  assert.equal(steps.at(-1), 37)
})

test('steps longer than a call: one at a time', () => {
  assert.deepEqual(train(2, 7, plenty(8)).steps, [1, 1, 1, 1, 1, 1, 1, 1])
})

test('the first calls are short, and no call on the way is longer than its target', () => {
  const { steps } = train(0.001, 0.00001, plenty(12))
  assert.deepEqual(steps.slice(0, 3), [1, 1, 1])
  for (const n of steps) assert.ok(0.001 + 0.00001 * n <= 0.4 + 1e-9)
  assert.equal(steps.at(-1), 39_900)
})

test('never more than the limit, and the short call at the end of an epoch does not mislead', () => {
  const limits = [469, 468, 467, 367, 267, 167, 67, 3, 469, 469]
  const { steps, pace } = train(0.001, 0.004, limits)
  for (const [i, n] of steps.entries()) assert.ok(n <= limits[i]!)
  assert.equal(steps[7], 3)
  assert.equal(steps[8], 99)
  near(costs(pace)!.perStep, 0.004)
})

test('the machine becomes four times slower: the calls become shorter within a few', () => {
  let { pace } = train(0.001, 0.002, plenty(8))
  for (let i = 0; i < 12; i++) {
    const next = stepsPerCall(pace, 1000)
    pace = observe(pace, next, 0.004 + 0.008 * next)
  }
  const next = stepsPerCall(pace, 1000)
  assert.ok(0.004 + 0.008 * next < 0.45 && next >= 44, `${next} steps`)
})

test('clocks that stand still and calls that get faster with more steps are survived', () => {
  let pace = newPace()
  for (const [n, seconds] of [
    [1, 0],
    [1, 0],
    [5, 0],
  ] as const)
    pace = observe(pace, n, seconds)
  assert.equal(stepsPerCall(pace, 1000), 20)
  pace = newPace()
  for (const [n, seconds] of [
    [1, 1],
    [1, 0.5],
    [10, 0.2],
  ] as const)
    pace = observe(pace, n, seconds)
  assert.equal(stepsPerCall(pace, 1000), 40)
})

test('observing leaves the value before as it was', () => {
  const before = observe(observe(newPace(), 1, 1), 1, 1)
  const copy = structuredClone(before)
  observe(before, 10, 2)
  assert.deepEqual(before, copy)
})
