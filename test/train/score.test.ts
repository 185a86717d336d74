import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Program } from '../../src/runtime/program.js'
import { best, measure, predictor } from '../../src/train/score.js'

/** A program that says of each image of one pixel that its figure is that pixel, and its class always 1. */
const saying = (batch: number): Program =>
  ({
    async run(_: number, { x }: { x: Float32Array }) {
      const scores = Float32Array.from({ length: 2 * x.length }, (_, i) => i % 2)
      return { metrics: { scores, 'figures.pixel': Float32Array.from(x) }, notFinite: [], seconds: 0.001 * batch }
    },
  }) as unknown as Program

test('images that fill up a last batch count in no mean, of figures and of accuracy', async () => {
  const split = { images: Uint8Array.of(10, 20, 30, 40, 100), labels: Uint8Array.of(1, 1, 0, 1, 0), count: 5 }
  for (const batch of [1, 2, 3, 4]) {
    const own = predictor({ program: saying(batch), inputs: [], batch, classes: 2, seed: 0 })
    const { accuracy, figures } = (await measure(own, split, 1))!
    assert.deepEqual([accuracy, figures.pixel], [3 / 5, 40], `batches of ${batch}`)
  }
})

test('the largest score is the class, the first of equal ones; with a score that is no number there is none', () => {
  assert.deepEqual(
    [
      [3, 1, 2],
      [1, 3, 3],
      [Number.NaN, 1, 2],
      [1, 2, Number.NaN],
    ].map((row) => best(Float32Array.from(row), 0, 3)),
    [0, 1, -1, -1],
  )
})
