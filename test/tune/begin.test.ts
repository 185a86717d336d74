import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
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
import { beginStudy, enqueue, interrupt, type Sources } from '../../src/tune/record.js'
import { events, onward, workFolder } from '../cli/onward.js'
import { RULE_FILE } from '../cli/rule-file.js'

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

test('a study goes on with the data and the file of the rule that it was begun with, and no others', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'onward-begin-')), 's.jsonl')
  const { plan } = searched()
  const named: Sources = { fingerprint: null, ruleSha256: null }
  const call = (sources: Sources, where = path): void => {
    const file = openStudyFile(where)
    try {
      beginStudy(file, plan, {}, 's', sources)
    } finally {
      file.close()
    }
  }
  const own: Sources = { fingerprint: 'a'.repeat(64), ruleSha256: 'b'.repeat(64) }
  call(own)
  call(own)
  assert.throws(
    () => call({ ...own, fingerprint: 'c'.repeat(64) }),
    /with data of other content \(SHA-256 aaaaaaaaaaaa/,
  )
  assert.throws(
    () => call({ ...own, ruleSha256: 'c'.repeat(64) }),
    /with a file of the rule of other content .*cccccccc/,
  )
  // One of Onward's own rules under the name that the file had.
  assert.throws(() => call({ ...own, ruleSha256: null }), /\(SHA-256 bbbbbbbbbbbb\.\.\. then, none now\)/)
  const without = `${path}.named`
  call(named, without)
  call(named, without)
  assert.throws(() => call({ ...named, ruleSha256: own.ruleSha256 }, without), /\(none then, SHA-256 b/)
  // A study of before any of this was kept.
  const text = readFileSync(without, 'utf8').replace(',"fingerprint":null,"ruleSha256":null', '')
  assert.doesNotMatch(text, /fingerprint/)
  writeFileSync(`${path}.old`, text)
  call(own, `${path}.old`)
})

test('a study of a rule in a file is refused once that file has changed', async () => {
  const folder = workFolder()
  const rule = join(folder, 'rule.mjs')
  writeFileSync(rule, RULE_FILE)
  const space = ['--epochs', '1', '--threads', '1', '--space', 'rate=0.01,0.02', '--study', 's.jsonl', '--trials', '1']
  const begun = await onward(folder, 'tune', rule, '--data', 'glyphs', '--limit', '100', ...space)
  assert.equal(begun.code, 0, begun.stderr)
  writeFileSync(rule, `${RULE_FILE}// Something else.\n`)
  const changed = await onward(folder, 'tune', '--study', 's.jsonl', '--trials', '2')
  assert.match(changed.stderr.replaceAll(/\s+/g, ' '), /was begun with a file of the rule of other content/)
  assert.equal(changed.code, 2)
  writeFileSync(rule, RULE_FILE)
  assert.equal((await onward(folder, 'tune', '--study', 's.jsonl', '--trials', '1')).code, 0)
})

test('from the command line: refused before anything is written; a study that holds such a trial goes on', async () => {
  const folder = workFolder()
  const fixed = ['units=8', 'rate=0.01', 'optimizer=adam', 'schedule=constant', 'weightDecay=0'].flatMap((own) => [
    '--set',
    own,
  ])
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
