// No figure of a stale record is shown without saying so, and nothing counts as reached or missed by it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimTable } from '../../bench/claims.js'
import { JOBS, TRAINING } from '../../bench/jobs.js'
import { layerTables } from '../../bench/layer-table.js'
import type { Record } from '../../bench/records.js'
import { regressionTable } from '../../bench/regression-table.js'
import { rulePages } from '../../bench/rule-pages.js'
import { accuracyTable, againstTable } from '../../bench/training-table.js'
import { done, jobOf, MACHINE, otherSettings, recordOf, withRecords } from './with-records.js'

const M = 'cifar-10-local-heads-m'
const NOTE = 'headUnits was 7 and is 88 now'
const stale = otherSettings(M, { headUnits: 7 })
const rowOf = (table: string, part: string): string => table.split('\n').find((line) => line.includes(part)) ?? ''

test('the table of the README says which figure is stale, of a rule and of backpropagation beside it', async () => {
  const other = `${M}-backprop`
  const row = await withRecords(
    [recordOf(M, [done(0, 0.9)], stale), recordOf(other, [done(0, 0.8)], otherSettings(other, { headUnits: 5 }))],
    () => rowOf(againstTable([jobOf(M)]), 'net M'),
  )
  assert.match(
    row,
    /10\.00 \(8 epochs, 1 seed\) \(stale: headUnits was 7 and is 88 now\) \| 20\.00 .*stale: headUnits was 5/,
  )
})

test('no target is reached or missed by a stale record', async () => {
  const rowBy = (more: Partial<Record>): Promise<string> =>
    withRecords([recordOf(M, [done(0, 0.95)], more)], () => rowOf(accuracyTable([jobOf(M)]), 'net M'))
  assert.match(await rowBy({}), /at most 8 \| yes \|$/)
  // An empty column is left out: that of `reached`.
  assert.ok((await rowBy(stale)).endsWith(`| at most 8 | ${NOTE} |`))
})

test('no claim holds or fails by a stale record, and it is named', async () => {
  const claims = (more: Partial<Record>): Promise<string> =>
    withRecords(
      [
        recordOf('mnist-spike-alignment', [done(0, 0.98), done(1, 0.98)], more),
        recordOf('mnist-spike-alignment-fixed', [done(0, 0.9), done(1, 0.9)]),
      ],
      () => claimTable('spike-alignment'),
    )
  assert.match(await claims({}), /holds \|\n.*\n.*2\.00 ± 0\.00 and 10\.00 ± 0\.00 \| yes \|$/)
  const noted = await claims(otherSettings('mnist-spike-alignment', { units: [1] }))
  assert.match(noted, /10\.00 ± 0\.00 \| {2}\| mnist-spike-alignment: units was \[1\] and is .* now \|$/)
})

test('no rule lies above or below a stale yardstick', async () => {
  const jobs = TRAINING.tables!.filter(({ id }) => id.startsWith('concrete-'))
  const values = (r2: number): Record['results'] => [{ ...done(0, 0), test: { network: { r2 } } }]
  const linear = [{ id: 'concrete-least-squares', title: 'Least squares', data: 'concrete' }]
  const rowBy = (more: Partial<Record>): Promise<string> =>
    withRecords(
      [
        { id: 'concrete-least-squares', command: '', date: '2100-01-01', machine: MACHINE, results: values(0.6) },
        recordOf('concrete-backprop', values(0.9), more),
        recordOf('concrete-target-propagation', values(0.9)),
      ],
      () => rowOf(regressionTable(jobs, linear), 'Target propagation'),
    )
  assert.match(await rowBy({}), /\| yes \| yes \| 1 \|/)
  assert.match(await rowBy(otherSettings('concrete-backprop', { units: [1] })), /\| yes \| {2}\| 1 \|/)
})

test("a rule's page says beside the figure of a recipe that it is stale", async () => {
  const name = `recipe ${M}: written by bench/run`
  const files = {
    'docs/rules/README.md': '',
    'docs/rules/local-heads.md': `<!-- ${name} -->\n<!-- end of recipe ${M} -->`,
  }
  const page = await withRecords(
    [recordOf(M, [done(0, 0.9)], stale)],
    () => rulePages().get('docs/rules/local-heads.md')!,
    files,
  )
  assert.ok(page.includes(`Recorded (stale: ${NOTE}): 10.00 % error`), page)
})

test('times from before a change of their rule say so', async () => {
  const timed = { machine: MACHINE, command: '', date: '2026-11-01' }
  const layers = JOBS.find(({ kind }) => kind === 'layer-times')!
  assert.ok(layers.kind === 'layer-times')
  const text = await withRecords(
    [{ ...timed, id: layers.id, results: [{ precision: 'float32', parts: [], rest: 1, step: 2 }] }],
    () => layerTables(layers),
  )
  assert.match(text, /^net M, local heads \(stale: from before heads with at most half/)
})
