import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TrifectaHyper } from '../../../src/rules/trifecta/options.js'
import { close } from '../../nn/evaluate.js'
import { batchFor, evaluate, rowsOf } from '../harness.js'
import { mean, softplus } from '../plain.js'
import { goodnessByHand, hardLabels, inUse, ofBatch, ofEachImage, variance, wrongLabels } from './by-hand.js'
import { BLOCKS, CLASSES, given, IMAGES, isLossPoint, movedUnder, task } from './network.js'

describe('losses by hand: positives and negatives in one batch, goodness after pooling', () => {
  const pixels = { pixelMean: [0.4, 0.6], pixelDeviation: [0.2, 0.3] }
  const cases: Record<string, Partial<TrifectaHyper>> = {
    'the Trifecta': {},
    'alpha 7': { alpha: 7 },
    'hard negatives': { negatives: 'hard', alpha: 1 },
    'hard negatives, layer normalisation': { negatives: 'hard', alpha: 30, normalization: 'layer' },
    'threshold loss': { loss: 'threshold', theta: 1.5 },
    'layer normalisation': { normalization: 'layer' },
    'plain Forward-Forward': { loss: 'threshold', normalization: 'layer', overlap: false },
  }
  for (const [name, options] of Object.entries(cases))
    test(name, () => {
      const { hyper, state, step } = given({ ...options, ...pixels })
      for (const parity of hyper.overlap ? (['even', 'odd'] as const) : (['joint'] as const)) {
        const { batch, after } = step(parity)
        const rows = rowsOf(batch.x!, IMAGES)
        const wrong = hyper.negatives === 'hard' ? hardLabels(state, hyper, batch) : wrongLabels(batch)
        const labels = [...batch.target!, ...wrong]
        const goodness = goodnessByHand(
          state,
          hyper,
          labels.map((label, i) => [rows[i % IMAGES]!, label]),
          hyper.normalization === 'batch' ? ofBatch : ofEachImage,
        )
        const points = BLOCKS.filter((i) => parity === 'joint' || isLossPoint(i, parity))
        assert.deepEqual(
          Object.keys(after.metrics).filter((metric) => metric.endsWith('/loss')),
          points.map((i) => `block ${i}/loss`),
        )
        for (const i of points) {
          const pairs = rows.map((_, k) => [goodness[i]![k]!, goodness[i]![IMAGES + k]!] as const)
          const losses = pairs.map(([p, n]) =>
            hyper.loss === 'symba'
              ? softplus(-hyper.alpha * (p - n))
              : softplus(hyper.theta - p) + softplus(n - hyper.theta),
          )
          close(after.metrics[`block ${i}/loss`]!, [mean(losses)], 1e-10, `block ${i}`)
          close(after.metrics[`block ${i}/separation`]!, [mean(pairs.map(([p, n]) => Number(p > n)))])
        }
      }
    })

  test('running statistics move by a tenth towards the mean and the unbiased variance of both halves', () => {
    const { state, step } = given(pixels)
    const { batch, after } = step('odd')
    const values = [...batch.target!, ...wrongLabels(batch)].flatMap(
      (label) => rowsOf(state['layers.0.label']!, CLASSES)[label]!,
    )
    const moved = (name: string, now: number): void =>
      close([after.state[name]![2]!], [0.9 * state[name]![2]! + 0.1 * now], 1e-12, name)
    moved('running.0.mean', mean(values))
    moved('running.0.variance', (variance(values) * values.length) / (values.length - 1))
    for (const i of BLOCKS) assert.ok(movedUnder(state, after.state, `running.${i}`), `block ${i}`)
  })
})

describe('predictions by hand: K passes by the running statistics', () => {
  for (const normalization of ['batch', 'layer'] as const)
    test(`${normalization} normalisation`, () => {
      const { hyper, traced, state } = given({ normalization, pixelMean: [0.4, 0.6] })
      const batch = batchFor(traced.predict, task, 3)
      const rows = rowsOf(batch.x!, IMAGES)
      const { metrics } = evaluate(traced.predict, state, batch)
      const shown = rows.flatMap((row) => [0, 1, 2].map((label) => [row, label] as const))
      const goodness = goodnessByHand(state, hyper, shown, inUse(state, hyper))
      for (const i of BLOCKS) close(metrics[`parts/block ${i}`]!, goodness[i]!, 1e-10, `block ${i}`)
      assert.deepEqual(metrics.scores, metrics['parts/block 5'])
      const all = given({ normalization, pixelMean: [0.4, 0.6], goodnessFrom: 3 }).traced.predict
      const scores = goodness[0]!.map((_, k) => mean([3, 4, 5].map((i) => goodness[i]![k]!)))
      close(evaluate(all, state, batch).metrics.scores!, scores, 1e-10)
    })
})

test('batch normalisation lets the goodness through, layer normalisation hides it', () => {
  // A first block without cut-offs whose activity is three times as large for the first image alone.
  const leak = (normalization: 'batch' | 'layer'): boolean => {
    const { traced, state, hyper } = given({ normalization })
    const batch = batchFor(traced.predict, task, 3)
    const centred = rowsOf(batch.x!, IMAGES).map((row, i) => row.map((v) => 0.5 + (i === 0 ? 3 : 1) * (v - 0.5)))
    const silent = { ...state, 'layers.0.label': state['layers.0.label']!.map(() => 0) }
    const score = (x: readonly number[]): number =>
      evaluate(traced.predict, silent, { x }).metrics[`parts/block 0`]![0]! * hyper.alpha
    return Math.abs(score(centred.flat()) / score(batch.x!) - 1) > 1e-3
  }
  assert.ok(leak('batch'))
  assert.ok(!leak('layer'))
})
