import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { SCHEDULES, type Schedule } from '../../src/nn/index.js'
import { numbers } from './evaluate.js'

const CLOSED: Record<Schedule, (p: number) => number> = {
  constant: () => 1,
  'linear-half': (p) => (p <= 0.5 ? 1 : 2 - 2 * p),
  linear: (p) => 1 - p,
  cosine: (p) => (1 + Math.cos(Math.PI * p)) / 2,
}
// Half of the first term that the polynomial leaves out: (pi / 2)^13 / 13! / 2.
const BOUND: Partial<Record<Schedule, number>> = { cosine: (Math.PI / 2) ** 13 / 6227020800 / 2 }

test('schedules have their closed forms, fall, and stay within 0 and 1', () => {
  assert.deepEqual(Object.keys(CLOSED), Object.keys(SCHEDULES))
  const points = Array.from({ length: 401 }, (_, i) => i / 400)
  for (const [name, schedule] of Object.entries(SCHEDULES)) {
    const factors = points.map((p) => numbers(schedule(constant(p)))[0]!)
    const bound = (BOUND[name as Schedule] ?? 0) + 1e-15
    points.forEach((p, i) => {
      const error = Math.abs(factors[i]! - CLOSED[name as Schedule](p))
      assert.ok(error <= bound, `${name} at ${p} is off by ${error}`)
      assert.ok(factors[i]! >= 0 && factors[i]! <= 1 + bound, `${name} at ${p} is ${factors[i]}`)
      if (i > 0) assert.ok(factors[i]! <= factors[i - 1]!, `${name} rises at ${p}`)
    })
  }
})
