// Which samples the numbers of a tensor belong to, through axes that are joined and divided.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SampleAxis, samplesAfterReshape } from '../../src/certificate/reshape.js'

/** The number of the sample of each place of a tensor, in order; where several axes tell, one number for each choice. */
function samplesOf(shape: readonly number[], own: readonly SampleAxis[]): string[] {
  const size = shape.reduce((a, b) => a * b, 1)
  return Array.from({ length: size }, (_, flat) => {
    const place = shape.map(
      (length, axis) => Math.floor(flat / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % length,
    )
    return own.map(({ axis, count, inner }) => Math.floor(place[axis]! / inner) % count).join()
  })
}

const SHAPES = [[24], [4, 6], [6, 4], [2, 3, 4], [4, 3, 2], [2, 2, 6], [12, 2], [1, 24, 1], [2, 12], [3, 8], [4, 2, 3]]

test('no reshape mixes samples: places that it says are of one sample were of one before', () => {
  for (const from of SHAPES)
    for (const [axis, count] of from.entries())
      for (const between of SHAPES)
        for (const to of SHAPES) {
          const first = [{ axis, count, inner: 1 }]
          const before = samplesOf(from, first)
          const own = samplesAfterReshape(between, samplesAfterReshape(from, first, between), to)
          const after = samplesOf(to, own)
          const known = new Map<string, string>()
          for (const [i, sample] of after.entries()) {
            assert.equal(known.get(sample) ?? before[i], before[i], `${from} axis ${axis} to ${between} to ${to}`)
            known.set(sample, before[i]!)
          }
        }
})

test('an axis that is joined with others and divided again at the same places is the same axis', () => {
  for (const axis of [0, 1, 2]) {
    const own = [{ axis, count: [2, 3, 4][axis]!, inner: 1 }]
    assert.deepEqual(samplesAfterReshape([24], samplesAfterReshape([2, 3, 4], own, [24]), [2, 3, 4]), own)
  }
  assert.deepEqual(samplesAfterReshape([5, 7], [{ axis: 1, count: 7, inner: 1 }], [35]), [
    { axis: 0, count: 7, inner: 1 },
  ])
  assert.deepEqual(samplesAfterReshape([5, 7], [{ axis: 0, count: 5, inner: 1 }], [35]), [
    { axis: 0, count: 5, inner: 7 },
  ])
})
