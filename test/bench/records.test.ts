import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { changeAfter } from '../../bench/changes.js'
import { changedSince, settingsOf } from '../../bench/job-settings.js'
import { JOBS } from '../../bench/jobs.js'
import { checkProof } from '../../bench/proof.js'
import type { Record } from '../../bench/records.js'

const losses = Array.from({ length: 10 }, (_, k) => 2 - k / 10)
const times = (factor: (k: number) => number): number[] => losses.map((loss, k) => loss * factor(k))

test('a twin has our losses in every variant, and says by mini-batch how far they lie apart', () => {
  const apart = checkProof('job', { loss: losses }, { a: { loss: losses }, b: { loss: times((k) => 1 + k * 1e-5) } })
  for (const [k, difference] of apart.entries()) assert.ok(Math.abs(difference - k * 1e-5) < 1e-9)
})

test('what has other losses in any mini-batch, none, or too few is no twin', () => {
  const refuses = (theirs: { [name: string]: number[] }, words: RegExp): void =>
    assert.throws(() => checkProof('job', { loss: losses }, { a: theirs }), words)
  refuses({ loss: times((k) => (k === 0 ? 1.0001 : 1)) }, /In step 1 from the same state/)
  refuses({ loss: times((k) => (k === 9 ? 1.02 : 1)) }, /In step 10 from the same state/)
  refuses({ loss: times(() => Number.NaN) }, /this is no twin/)
  refuses({}, /tells no loss/)
  refuses({ other: losses }, /which our step has not/)
  refuses({ loss: losses.slice(1) }, /tells 9 losses/)
})

test('the list of speeds to make anew names jobs', () => {
  for (const id of readFileSync('bench/renew.txt', 'utf8').trim().split('\n'))
    assert.ok(
      JOBS.some((job) => job.id === id),
      id,
    )
})

test('the settings of every training are such as its rule takes, and none is set in vain', () => {
  for (const job of JOBS) if (job.kind === 'training') assert.doesNotThrow(() => settingsOf(job), job.id)
})

test('a record from before a change of its rule says so', () => {
  const record = (id: string, date: string): Record => ({ id, date }) as Record
  assert.match(changeAfter(record('mnist-vae-layer', '2026-11-28'))!, /noise/)
  for (const own of [record('mnist-vae-layer', '2026-11-29'), record('mnist-vae-layer-ae', '2026-11-28')])
    assert.equal(changeAfter(own), undefined)
})

test('a setting that changed makes a record stale, one that went and is always so does not', () => {
  const since = (hyper: { [option: string]: unknown }): string | undefined =>
    changedSince({ settings: { hyper, train: {} } } as unknown as Record, { hyper: { rate: 1 }, train: {} })
  assert.equal(since({ rate: 1, sharedProduct: true }), undefined)
  assert.match(since({ rate: 2 })!, /rate was 2 and is 1 now/)
  assert.match(since({ sharedProduct: false })!, /sharedProduct/)
})
