import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelledImages } from '../../src/data/index.js'
import type { Program } from '../../src/runtime/program.js'
import { targetKind } from '../../src/targets/index.js'
import { measure, predictor } from '../../src/train/score.js'

const samples = labelledImages([1, 1, 1], ['no', 'yes'])

/** A program that says of each image of one pixel that its figure is that pixel, and its class always 1. */
const saying = (batch: number): Program =>
  ({
    async run(_: number, { x }: { x: Float32Array }) {
      const scores = Float32Array.from({ length: 2 * x.length }, (_, i) => i % 2)
      return { metrics: { scores, 'figures/pixel': x.map((y) => y * 255) }, notFinite: [], seconds: 0.001 * batch }
    },
  }) as unknown as Program

test('images that fill up a last batch count in no mean, of figures and of accuracy', async () => {
  const split = { inputs: Uint8Array.of(10, 20, 30, 40, 100), targets: Uint8Array.of(1, 1, 0, 1, 0), count: 5 }
  for (const batch of [1, 2, 3, 4]) {
    const own = predictor({ program: saying(batch), inputs: [], batch, samples, seed: 0 })
    const { network } = await measure(own, split)
    assert.equal(network!.accuracy, 3 / 5, `batches of ${batch}`)
    assert.ok(Math.abs(network!.pixel! - 40) < 1e-4, `batches of ${batch}`)
  }
})

test('a value has its figure whatever it is called', async () => {
  const unit = { mean: [0, 0], deviation: [1, 1] }
  const values = { input: { shape: [1] }, target: { kind: 'values', count: 2 }, names: ['km/h', 'kg'] } as const
  const own = { ...values, inputScale: { mean: [0], deviation: [1] }, targetScale: unit }
  const program = { run: async () => ({ metrics: { scores: Float32Array.of(1, 2) }, notFinite: [], seconds: 1 }) }
  const p = predictor({ program: program as unknown as Program, inputs: [], batch: 1, samples: own, seed: 0 })
  const split = { inputs: new Float32Array(1), targets: Float32Array.of(4, 2), count: 1 }
  assert.deepEqual(await measure(p, split), { network: { r2: 0, 'rmse of km/h': 3, 'rmse of kg': 0 } })
})

test('the largest score is the class, the first of equal ones; a score that is no number is never right', () => {
  const kind = targetKind(samples.target)
  for (const [scores, target, right] of [
    [[3, 1], 0, 1],
    [[3, 3], 0, 1],
    [[3, 3], 1, 0],
    [[Number.NaN, 1], 1, 0],
    [[1, Number.NaN], 0, 0],
  ] as const) {
    const tally = kind.tally(samples)
    tally.add(Float32Array.from(scores), Int32Array.of(target), 1)
    assert.deepEqual(tally.figures(), { accuracy: right }, `${scores}`)
  }
})
