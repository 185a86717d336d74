import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TUNED } from '../../bench/jobs/hopfield-vae.js'
import type { Record } from '../../bench/records.js'
import { changedFrom, commandOf, distancesOf, type Final, finalsOf, gainsOf } from '../../bench/tuned-figures.js'
import { orderOf } from '../../bench/tuned-table.js'
import { readAssignments } from '../../src/cli/settings.js'
import { loadDataSet } from '../../src/data/load.node.js'
import { hopfieldVae } from '../../src/rules/hopfield-vae/hopfield-vae.js'
import { paramsOfSettings, planOf, settingsOf } from '../../src/tune/plan.js'
import type { PrunerName } from '../../src/tune/pruners.js'
import type { SamplerName } from '../../src/tune/samplers.js'

const after = (words: readonly string[], flag: string): string[] => words.filter((_, i) => words[i - 1] === flag)

test('all variants have one budget: their jobs differ in the preset, and in what dense or settling networks alone have', () => {
  const own = ['nudge=0.2', 'encoderNudge=0.1', 'damping=0.5']
  const same = TUNED.map(({ id: _, title: __, base, search, ...rest }) => ({
    ...rest,
    base: base.filter((_, i) => base[i - 1] !== '--preset'),
    search: search.filter((word, i) => !own.includes(word) && !own.includes(search[i + 1]!)),
  }))
  assert.equal(TUNED.length, 5)
  for (const job of same) assert.deepEqual(job, same[0])
})

test('four options are searched of every variant, and the first trial has the settings of its preset', async () => {
  const data = await loadDataSet('glyphs')
  for (const { base, search } of TUNED) {
    const number = (flag: string): number => Number(after([...base, ...search], flag)[0])
    const plan = planOf(hopfieldVae, data, {
      preset: after(base, '--preset')[0],
      hyper: readAssignments(hopfieldVae, after(search, '--set')),
      options: { epochs: number('--epochs'), limit: number('--limit'), validation: number('--validation') },
      ranges: after(search, '--space'),
      objectives: after(search, '--objective'),
      sampler: after(search, '--sampler')[0] as SamplerName,
      pruner: after(search, '--pruner')[0] as PrunerName,
    })
    const first = paramsOfSettings(plan.space, settingsOf(hopfieldVae, data, plan, {}))
    assert.deepEqual(first && Object.keys(first).sort(), ['latent', 'rate', 'sigmaX', 'sigmaZ'])
  }
})

const final = (what: Final['what'], seed: number, distance: number): Final =>
  ({ what, seed, judged: { samples: { distance } } }) as Final

const record = (best: number, ...finals: readonly Final[]): Pick<Record, 'results'> => ({
  results: [{ what: 'study', command: commandOf(TUNED[0]!), metric: 'FD', best, preset: 0 }, ...finals],
})

test('what tuning gained is the difference of each seed', () => {
  const own = record(3, final('preset', 0, 10), final('preset', 1, 20), final('best', 1, 15), final('best', 0, 9))
  assert.deepEqual(gainsOf(own), [1, 5])
  // A seed of which one form is missing says nothing.
  assert.deepEqual(gainsOf(record(3, final('preset', 0, 10), final('best', 1, 15))), [])
})

test('where the own settings of a preset are the best, nothing was gained, and nothing is missing', () => {
  const own = record(0, final('preset', 0, 10), final('preset', 1, 20))
  assert.deepEqual(gainsOf(own), [0, 0])
  assert.equal(finalsOf(own, 'best').length, 2)
  assert.deepEqual(distancesOf(own, 'best'), [10, 20])
})

test('a record that other commands made is of another job', () => {
  assert.equal(changedFrom(record(0), TUNED[0]!), undefined)
  assert.match(changedFrom(record(0), TUNED[1]!)!, /it was made by onward tune/)
})

test('a record of the feed-forward variant that set nudges in vain is no other one', () => {
  const made = (old: string, set: string): Pick<Record, 'results'> => {
    const { results } = record(0)
    const command = commandOf(TUNED[0]!).replace(old, set)
    return { results: [{ ...results[0]!, command }, ...results.slice(1)] }
  }
  const before = ' --set klWarmup=0'
  assert.equal(changedFrom(made(before, ` --set nudge=0.2 --set encoderNudge=0.1${before}`), TUNED[0]!), undefined)
  assert.match(changedFrom(made(before, ''), TUNED[0]!)!, /it was made by onward tune/)
})

test('an order says where means are no farther apart than seeds spread', () => {
  const named = (name: string, ...values: readonly number[]) => ({ name, values })
  assert.equal(orderOf([named('H', 10, 12), named('F', 4, 6), named('DH', 9, 11)]), 'F 5.00 < DH 10.00 ~ H 11.00')
})
