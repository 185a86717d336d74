// At most 30 s: two searches of one trial, each in a process of its own, and some small trainings.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readArm } from '../../src/cli/arm.js'
import { type CompareRequest, compare } from '../../src/compare/compare.node.js'
import { loadDataSet } from '../../src/data/load.node.js'
import { readComparison } from '../../src/kept/comparison.node.js'
import { readConfig } from '../../src/node.js'

const out = mkdtempSync(join(tmpdir(), 'onward-tuned-'))
after(() => rmSync(out, { recursive: true, force: true }))

const file = join(out, 'compare.json')
const kept = () => JSON.parse(readFileSync(file, 'utf8'))
const change = (other: object): void => writeFileSync(file, JSON.stringify({ ...kept(), ...other }))

test('a budget of seconds: what was found has a pace of its own, measured once, and epochs by it', async () => {
  const given: CompareRequest = {
    arms: await Promise.all(['backprop:units=5', 'forward-forward:units=5,5'].map((text) => readArm(text))),
    ...{ data: await loadDataSet('glyphs'), seeds: 1, weights: 'own', out },
    options: { threads: 1, batch: 10, limit: 60 },
    tuning: { trials: 1, data: 'glyphs' },
    budget: { kind: 'epochs', amount: 1 },
  }
  /** Up to the first run, or to the end. */
  const go = async (budget: CompareRequest['budget'], isWhole = false): Promise<void> => {
    for await (const { event } of compare({ ...given, budget })) if (event === 'start' && !isWhole) return
  }
  // The searches, with one epoch a trial; of other budgets than a time nothing is measured.
  await go(given.budget)
  assert.equal(kept().tunedEpochs, undefined)
  const budget = (amount: number) => ({ kind: 'seconds', amount }) as const
  change({ budget: budget(1e-9) })
  // The epochs of the search are kept, and these are measured: not one is as fast as this.
  await assert.rejects(go(budget(1e-9)), /An epoch of .* takes some .* s, more than --budget seconds=1e-9/)
  change({ budget: budget(2) })
  await go(budget(2))
  const { tunedEpochs, arms } = kept()
  assert.equal(tunedEpochs.length, 2)
  for (const epochs of tunedEpochs) assert.ok(Number.isInteger(epochs) && epochs >= 1)
  assert.deepEqual([arms[0].options.epochs, arms[1].options.epochs], [1, 1])
  // They stay when it goes on, and the runs have them.
  change({ tunedEpochs: [2, 3] })
  await go(budget(2), true)
  assert.deepEqual(kept().tunedEpochs, [2, 3])
  const runs = readComparison(out).arms.map((own) => own.runs[0]!.path)
  assert.deepEqual(
    runs.map((path) => readConfig(path).options.epochs),
    [2, 3],
  )
})
