import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { input } from '../../src/graph/index.js'
import { noiseInputs } from '../../src/nn/index.js'
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

test('noise of a sample is the same wherever it comes in an epoch, and another one for each sample, name and seed', () => {
  const { random, inputs } = noiseInputs()
  for (const name of ['a', 'b']) random.uniform(name, [4, 3], 'sample')
  const ports = inputs.map((x) => ({ name: x.node.attributes.name, input: x }))
  const rowsOf = (numbers: readonly number[], seed = 1, first = 0, name = 'noise.a'): string[] => {
    const all = [...stepNoise(ports, seed, first, numbers.length / 4, 1, Uint32Array.from(numbers))[name]!]
    return numbers.map((_, i) => all.slice(3 * i, 3 * i + 3).join())
  }
  const epoch = rowsOf([5, 0, 7, 3, 2, 9, 1, 4])
  const other = rowsOf([4, 1, 3, 0, 9, 7, 2, 5], 1, 2)
  assert.deepEqual([...other].sort(), [...epoch].sort())
  assert.equal(other[0], epoch[7])
  const elsewhere = [...rowsOf([5, 0, 7, 3], 2), ...rowsOf([5, 0, 7, 3], 1, 0, 'noise.b')]
  assert.equal(new Set([...epoch, ...elsewhere]).size, epoch.length + elsewhere.length)
})

test('noise of samples is refused where there are none: in a first state, in held-out batches', () => {
  const { random, inputs } = noiseInputs()
  random.normal('a', [4], 'sample')
  const ports = inputs.map((x) => ({ name: x.node.attributes.name, input: x }))
  for (const draw of [
    () => initialNoise(ports, 1),
    () => heldOutNoise(ports, 1, 0, 1),
    () => stepNoise(ports, 1, 0, 1),
  ])
    assert.throws(draw, (error) => error instanceof UserError && /belongs to training samples/.test(error.message))
})
