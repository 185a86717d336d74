import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constant } from '../../../src/graph/index.js'
import { angleBetween, degrees } from '../../../src/rules/spike-alignment/angle.js'
import { close, numbers } from '../../nn/evaluate.js'

test('degrees of a cosine', () => {
  const cosines = Array.from({ length: 41 }, (_, i) => -1 + i / 20)
  const wanted = cosines.map((c) => (Math.acos(c) * 180) / Math.PI)
  for (const [i, found] of numbers(degrees(constant(cosines, [41]))).entries())
    assert.ok(Math.abs(found - wanted[i]!) < 2e-6, `${cosines[i]}: ${found}, expected ${wanted[i]}`)
})

test('angles between matrices', () => {
  const [a, b] = [constant([1, 0, 0, 1], [2, 2]), constant([1, 0, 0, 0], [2, 2])]
  close(numbers(angleBetween(a, b)), [45], 1e-6)
  close(numbers(angleBetween(a, a.mul(-3))), [180], 1e-6)
})
