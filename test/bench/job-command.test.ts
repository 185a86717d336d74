// A record is stale where its command means another training than that of its job today.
import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TrainingJob } from '../../bench/job.js'
import { changedFrom, commandOf } from '../../bench/job-command.js'
import { settingsOf } from '../../bench/job-settings.js'
import { JOBS } from '../../bench/jobs.js'
import { readRecord } from '../../bench/records.js'
import { closedness, runTraining, staleness } from '../../bench/training.js'
import { commandList } from '../../bench/training-table.js'
import { done, jobOf, recordOf, withRecords } from './with-records.js'

const job = (...words: readonly string[]): TrainingJob => ({
  ...{ kind: 'training', id: 'job', title: 'a job', seeds: [0] },
  arguments: ['forward-forward', ...words],
})

const PLAIN = ['--data', 'glyphs', '--epochs', '2', '--limit', '500']

/** What has changed from one command to another; `knows`: the record holds settings. */
const changed = (then: TrainingJob, now: TrainingJob, knows: boolean): string | undefined =>
  changedFrom({ command: commandOf(then), ...(knows && { settings: settingsOf(then) }) }, now)

for (const knows of [true, false])
  describe(knows ? 'a record with settings' : 'a record from before records held settings', () => {
    const since = (then: TrainingJob, now: TrainingJob): string | undefined => changed(then, now, knows)
    const plain = job(...PLAIN)

    test('is stale where the job trains otherwise, and says in what', () => {
      assert.match(
        since(plain, job('--data', 'glyphs', '--epochs', '3', '--limit', '500'))!,
        /epochs was 2 and is 3 now/,
      )
      assert.match(since(plain, job('--data', 'glyphs', '--epochs', '2'))!, /limit was 500 and is 10000 now/)
      assert.match(since(plain, job(...PLAIN, '--validation', '40'))!, /validation was 50 and is 40 now/)
      assert.match(since(plain, job(...PLAIN, '--batch', '10'))!, /batch was \d+ and is 10 now/)
      assert.match(since(plain, job(...PLAIN, '--set', 'rate=0.5'))!, /rate was .* and is 0.5 now/)
      assert.match(since(plain, job(...PLAIN, '--augment-shift', '2'))!, /augment was .* and is .*"shift":2/)
      assert.match(since(plain, job('--data', 'mnist', ...PLAIN.slice(2)))!, /data was "glyphs" and is "mnist" now/)
    })

    test('is stale where another command or another rule trains', () => {
      const other = { ...plain, arguments: ['backprop', ...PLAIN] }
      assert.match(since(plain, other)!, /its command was onward train forward-forward /)
      assert.match(since(plain, { ...plain, by: ['up', 'pipeline'] })!, /its command was onward train /)
      const [two, three] = ['2', '3'].map((workers) => ({ ...plain, by: ['up', 'pipeline', '--workers', workers] }))
      assert.match(since(two!, three!)!, /workers was "2" and is "3" now/)
    })

    test('is not stale where the training is the same in other words', () => {
      assert.equal(since(plain, job('--limit', '500', '--epochs', '2', '--data', 'glyphs')), undefined)
      assert.equal(since(plain, job(...PLAIN, '--validation', '50')), undefined)
      assert.equal(since(plain, job(...PLAIN, '--schedule', 'joint', '--threads', '1')), undefined)
      const { hyper, train } = settingsOf(plain)
      assert.equal(since(plain, job(...PLAIN, '--set', `rate=${hyper.rate}`, '--batch', `${train.batch}`)), undefined)
      assert.equal(
        since(
          job(...PLAIN, '--preset', 'fast', '--set', 'rate=0.1'),
          job(...PLAIN, '--set', 'rate=0.1', '--preset', 'fast'),
        ),
        undefined,
      )
    })
  })

test('a preset may be named anew, and its epochs change where the command says them', () => {
  const now = job(...PLAIN, '--preset', 'fast')
  const settings = settingsOf(now)
  const record = { command: commandOf(now).replace('fast', 'quickest'), settings }
  assert.equal(changedFrom(record, now), undefined)
  // Without settings nobody knows what it stood for.
  assert.match(changedFrom({ command: record.command }, now)!, /its command was .*quickest/)
  const longer = { ...settings, train: { ...settings.train, epochs: 99 } }
  assert.equal(changedFrom({ ...record, settings: longer }, now), undefined)
  const all = job('--data', 'glyphs', '--preset', 'fast')
  assert.match(changedFrom({ command: commandOf(all), settings: longer }, all)!, /epochs was 99 and is \d+ now/)
})

test('the command of every job means what it means', () => {
  for (const own of JOBS) if (own.kind === 'training') assert.equal(changed(own, own, false), undefined, own.id)
})

const ID = 'glyphs-forward-forward'

test('the list of commands does not call the seeds of another command those of this one', async () => {
  const list = (command: string): Promise<string> =>
    withRecords([recordOf(ID, [done(0, 0.9)], { command })], () => commandList([jobOf(ID)]))
  assert.match(await list(commandOf(jobOf(ID))), /S = 0, 1, 2 \(not run yet: 1, 2\)$/)
  assert.match(await list(`${commandOf(jobOf(ID))} --epochs 1`), /S = 0, 1, 2 \(not run so yet: its record is stale\)$/)
})

test('to a record without settings no seed is added: it is begun anew', async () => {
  const job = jobOf(ID)
  const [old] = [done(0, 0.9), done(1, 0.9)]
  const { settings: _, ...without } = recordOf(ID, [old!])
  await withRecords([without], () => {
    assert.equal(staleness(job), undefined)
    assert.match(closedness(job)!, /no seed can be added/)
    assert.equal(closedness({ ...job, seeds: [0] }), undefined)
  })
  await withRecords([recordOf(ID, [old!])], () => assert.equal(closedness(job), undefined))
  const root = process.cwd()
  const short = { ...job, arguments: ['forward-forward', ...PLAIN], seeds: [1] }
  const seeds = await withRecords([without], async () => {
    for (const name of ['build', 'node_modules', 'package.json']) symlinkSync(join(root, name), name)
    await runTraining(short, 1)
    return readRecord(ID)!.results.map(({ seed }) => seed)
  })
  assert.deepEqual(seeds, [1])
})
