import assert from 'node:assert/strict'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadDataSet } from '../../src/data/load.node.js'
import { UsageError } from '../../src/errors.js'
import { backprop } from '../../src/rules/backprop.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { begin, paramsOfEnqueued } from '../../src/tune/begin.js'
import { write } from '../../src/tune/journal.js'
import { openStudyFile } from '../../src/tune/journal.node.js'
import { planOf, settingsOf } from '../../src/tune/plan.js'
import { prunerOf } from '../../src/tune/pruners.js'
import { enqueue, interrupt } from '../../src/tune/record.js'
import { events, onward, workFolder } from '../cli/onward.js'

const rule = backprop as AnyRule
const data = await loadDataSet('glyphs')
const pruner = prunerOf('none', 1)

/** Of 300 images 30 are held out, so that nearly half of these batches are refused. */
function searched(...ranges: readonly string[]) {
  const options = { epochs: 1, ...(ranges.length === 0 && { limit: 300 }) }
  return { rule, data, plan: planOf(rule, data, { options, ranges: ['batch=10..500:step=10', ...ranges] }) }
}

function study() {
  const path = join(mkdtempSync(join(tmpdir(), 'onward-begin-')), 's.jsonl')
  const file = openStudyFile(path)
  file.add(write.createStudy('s', ['maximize']))
  return file
}

test('options that are left out of what is enqueued are drawn until a training can be made of them', () => {
  const own = searched()
  const file = study()
  const rates = Array.from({ length: 12 }, (_, i) => (i + 1) / 1000)
  for (const rate of rates) enqueue(file, { rate })
  for (const rate of rates) {
    const { params, refusal } = begin(own, file, pruner)!
    assert.deepEqual([params.rate, refusal], [rate, undefined])
    settingsOf(rule, data, own.plan, params)
  }
  file.close()
})

test('what is enqueued and can be no training ends as a failed trial that says why, once', () => {
  const own = searched()
  const file = study()
  enqueue(file, { batch: 400 })
  // As a study of before, or another program, may have left them.
  enqueue(file, { batch: 7 })
  enqueue(file, { size: 3 })
  const refusals = [0, 1, 2].map(() => begin(own, file, pruner)!.refusal)
  assert.match(refusals[0]!, /a batch of 400 is larger than the 270 training images/)
  assert.match(refusals[1]!, /batch=7 is enqueued, and the search does not reach it/)
  assert.match(refusals[2]!, /searched option/)
  assert.equal(begin(own, file, pruner)!.refusal, undefined)
  const { trials } = file.study()!
  assert.deepEqual(
    trials.map(({ state, notes }) => [state, notes.failure]),
    [...refusals.map((refusal) => ['failed', refusal]), ['running', undefined]],
  )
  assert.deepEqual([trials[0]!.params, trials[1]!.params], [{ batch: 400 }, {}])
  // Nothing of them waits again when the process ends.
  interrupt(file)
  assert.ok(file.study()!.trials.every(({ state }) => state === 'failed'))
  file.close()
})

test('values are checked before they are enqueued: with some values of the other options a training must be possible', () => {
  assert.deepEqual(paramsOfEnqueued(searched(), { batch: '250' }), { batch: 250 })
  assert.throws(
    () => paramsOfEnqueued(searched(), { batch: 400, rate: 0.01 }),
    (error: Error) =>
      error instanceof UsageError &&
      error.message ===
        'batch=400,rate=0.01 is enqueued, and no training can be made of it: a batch of 400 is larger than the 270 ' +
          'training images (30 are held out). Enqueue other values.',
  )
  const other = searched('limit=300,600')
  assert.deepEqual(paramsOfEnqueued(other, { batch: 400 }), { batch: 400 })
  const file = study()
  enqueue(file, { batch: 400 })
  const { params } = begin(other, file, pruner)!
  assert.equal(settingsOf(rule, data, other.plan, params).options.limit, 600)
  file.close()
})

test('from the command line: refused before anything is written; a study that holds such a trial goes on', async () => {
  const folder = workFolder()
  const fixed = ['units=8', 'optimizer=adam', 'schedule=constant', 'weightDecay=0'].flatMap((own) => ['--set', own])
  const search = ['tune', 'backprop', '--data', 'glyphs', '--limit', '300', '--epochs', '1', '--threads', '1', ...fixed]
  const space = ['--space', 'batch=10..500:step=10', '--study', 's.jsonl', '--json']
  const refused = await onward(folder, ...search, ...space, '--trials', '1', '--enqueue', 'batch=400')
  assert.match(refused.stderr, /batch=400 is enqueued, and no training can be made of it/)
  assert.deepEqual([refused.code, existsSync(join(folder, 's.jsonl'))], [2, false])

  const first = await onward(folder, ...search, ...space, '--trials', '1')
  assert.equal(first.code, 0, first.stderr)
  // The batch that the rule has by itself.
  assert.deepEqual(events(first).find(({ event }) => event === 'trial').params, { batch: rule.training.batch })
  const file = openStudyFile(join(folder, 's.jsonl'))
  enqueue(file, { batch: 400 })
  file.close()
  const more = await onward(folder, 'tune', '--study', 's.jsonl', '--trials', '3', '--json')
  assert.equal(more.code, 0, more.stderr)
  const finished = events(more).filter(({ event }) => event === 'finished')
  assert.deepEqual(
    finished.map(({ state, message }) => [state, message]),
    [
      ['failed', 'a batch of 400 is larger than the 270 training images (30 are held out)'],
      ['complete', undefined],
    ],
  )
})
