// A seed that diverged is told in every table, and has no part in a mean.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimTable } from '../../bench/claims.js'
import { TRAINING } from '../../bench/jobs.js'
import type { Record } from '../../bench/records.js'
import { regressionTable } from '../../bench/regression-table.js'
import { rulePages } from '../../bench/rule-pages.js'
import { accuracyTable, againstTable, figureTable } from '../../bench/training-table.js'
import { done, jobOf, recordOf, withRecords } from './with-records.js'

const failed = (seed: number): Record['results'][number] => ({
  ...{ seed, threads: 1, seconds: 1, epochs: 8, trainingSamples: 9000, local: true, window: 1 },
  ...{ diverged: 'in epoch 2', validationByEpoch: [0.1] },
})
const last = (table: string): string => table.split('\n').at(-1)!

const GLYPHS = 'glyphs-forward-forward'
const accuracy = (...results: Record['results']): Promise<string> =>
  withRecords([recordOf(GLYPHS, results)], () => last(accuracyTable([jobOf(GLYPHS)])))

test('errors are means over the other seeds, whichever diverged, and no target is reached', async () => {
  assert.match(await accuracy(done(0, 0.98), done(1, 0.98)), /\| 2\.00 ± 0\.00 \|.*\| at most 5 \| yes \|/)
  for (const order of [
    [failed(0), done(1, 0.98), done(2, 0.96)],
    [done(0, 0.98), failed(1), done(2, 0.96)],
  ]) {
    const row = await accuracy(...order)
    assert.match(row, /\| 3\.00 ± 1\.41 \(1 of 3 diverged in epoch 2\) \| 3\.00 \(3\.00\) \| layer 0: 3\.00 \| 3 \|/)
    // Minutes of the runs that came to their end.
    assert.match(row, /\| 9000 \| 1\.0 \(one thread\) \|.*\| at most 5 \| \*\*no\*\* \|/)
  }
})

test('where every seed diverged, a table says so and has no figures', async () => {
  const row = await accuracy(failed(0), { ...failed(1), diverged: 'in epoch 3' })
  assert.match(row, /\| 2 of 2 diverged in epoch 2 and in epoch 3 \|.*\*\*no\*\*/)
  assert.doesNotMatch(row, /NaN/)
})

test('the table of the README says it of both sides', async () => {
  const id = 'cifar-10-local-heads-m'
  const row = await withRecords(
    [recordOf(id, [done(0, 0.9), failed(1)]), recordOf(`${id}-backprop`, [failed(0)])],
    () => last(againstTable([jobOf(id)])),
  )
  assert.ok(row.includes('| 10.00 (1 of 2 diverged in epoch 2) (8 epochs, 2 seeds) |'), row)
  assert.ok(row.includes('| 1 of 1 diverged in epoch 2 (8 epochs, 1 seed) |'), row)
})

test('rules that only generate, and rules that learn values, say it too', async () => {
  const generates = 'glyphs-hopfield-vae'
  const scored = (seed: number, network: object) => ({ ...done(seed, 0), test: { network } })
  for (const order of [
    [failed(0), scored(1, { J: 4 }), scored(2, { J: 6 })],
    [scored(0, { J: 4 }), scored(1, { J: 6 }), failed(2)],
  ])
    assert.match(
      await withRecords([recordOf(generates, order)], () => last(figureTable([jobOf(generates)]))),
      /\| 5\.00 ± 1\.41 \(1 of 3 diverged in epoch 2\) \| 3 \|/,
    )

  const values = 'concrete-backprop'
  const linear = [{ id: 'concrete-least-squares', title: 'Least squares', data: 'concrete' }]
  const jobs = TRAINING.tables!.filter(({ id }) => id.startsWith('concrete-'))
  const rowOf = (...results: Record['results']): Promise<string> =>
    withRecords([recordOf(values, results)], () => last(regressionTable(jobs, linear)))
  assert.match(
    await rowOf(failed(0), scored(1, { r2: 0.9, rmse: 5 })),
    /\| 0\.900 \(1 of 2 diverged.*\| 5\.000 \(1 of 2/,
  )
  assert.match(await rowOf(failed(0)), /\| 1 of 1 diverged in epoch 2 \| {2}\|/)
})

test('a claim says it, and neither holds nor fails', async () => {
  const claims = (...results: Record['results']): Promise<string> =>
    withRecords(
      [
        recordOf('mnist-spike-alignment', results),
        recordOf('mnist-spike-alignment-fixed', [done(0, 0.9), done(1, 0.9)]),
      ],
      () => last(claimTable('spike-alignment')),
    )
  assert.match(await claims(done(0, 0.98), done(1, 0.98)), /\| yes \|$/)
  const noted = /\| 2\.00 ± 0\.00 and 10\.00 ± 0\.00; mnist-spike-alignment: 1 of 3 diverged in epoch 2 \| {2}\|$/
  assert.match(await claims(done(0, 0.98), done(1, 0.98), failed(2)), noted)
  assert.match(await claims(failed(0)), /\| mnist-spike-alignment: 1 of 1 diverged in epoch 2 \| {2}\|$/)
})

test("a rule's figures and the index of rules say it, and the best record is one with figures", async () => {
  const index = 'index: written by bench/run'
  const recipe = 'recipe cifar-10-local-heads-s'
  const files = {
    'docs/rules/README.md': `<!-- ${index} -->\n<!-- end of index -->`,
    'docs/rules/local-heads.md': `<!-- ${recipe}: written by bench/run -->\n<!-- end of ${recipe} -->`,
  }
  const pages = (...records: readonly Record[]): Promise<ReadonlyMap<string, string>> =>
    withRecords(records, rulePages, files)
  const first = recordOf('cifar-10-local-heads-s', [failed(0)])
  const alone = await pages(first)
  assert.match(alone.get('docs/rules/README.md')!, /cifar-10 1 of 1 diverged in epoch 2: \[Local heads, net S, 8/)
  const both = await pages(first, recordOf('cifar-10-local-heads-s-long', [failed(0), done(1, 0.5)]))
  assert.match(
    both.get('docs/rules/README.md')!,
    /cifar-10 50\.00 % error \(1 of 2 diverged in epoch 2\): \[Local heads, net S, 24/,
  )
  assert.match(both.get('docs/rules/local-heads.md')!, /Recorded: 1 of 1 diverged in epoch 2 on/)
})
