import assert from 'node:assert/strict'
import { test } from 'node:test'
import { input } from '../../src/graph/index.js'
import { heldOutNoise, initialNoise, stepNoise } from '../../src/train/noise.js'

const noise = (name: string) => {
  const attributes = { name, kind: 'noise', shape: [8], dtype: 'float32', distribution: 'normal' } as const
  return { name, input: input(attributes) }
}

test('no two draws are the same numbers: of two names, two steps, two seeds, of the start, of held-out images', () => {
  const both = [noise('a'), noise('b')]
  const steps = stepNoise(both, 1, 0, 2)
  const draws = [
    ...[steps.a!.slice(0, 8), steps.a!.slice(8), steps.b!.slice(0, 8), steps.b!.slice(8)],
    ...[stepNoise(both, 2, 0, 1).a!, initialNoise(both, 1).a!, heldOutNoise(both, 1, 0, 1).a!],
  ].map((numbers) => [...numbers].join())
  assert.equal(new Set(draws).size, draws.length)
  // And a draw does not depend on how calls are cut.
  assert.deepEqual([...stepNoise(both, 1, 1, 1).b!].join(), draws[3])
})
