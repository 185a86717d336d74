import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JOBS } from '../../bench/jobs.js'
import { identityOf, isJudged, judgeStaleness } from '../../bench/judge.js'
import { noteOf } from '../../bench/notes.js'
import type { Record } from '../../bench/records.js'
import { speedTable } from '../../bench/speed-table.js'
import { done, MACHINE, recordOf, withRecords } from './with-records.js'

const found = JOBS.find(({ id }) => id === 'samples-hopfield-vae-h')!
assert.ok(found.kind === 'judge')
const job = found
const bare = (id: string, results: Record['results']): Record => ({
  ...{ id, command: '', date: '2100-01-01', machine: MACHINE, results },
})
const [drawn, judging] = [done(0, 0.5), done(0, 0.9)]
const told = { run: identityOf(drawn), judge: identityOf(judging) }

/** What is said of a judgement where these runs are recorded. */
const saidOf = (judged: object, run = drawn, judge = judging): Promise<[string | undefined, boolean]> =>
  withRecords(
    [bare(job.id, [{ seed: 0, ...judged }]), recordOf(job.drawers, [run]), recordOf(job.judge, [judge])],
    () => [judgeStaleness(job), isJudged(job)],
  )

test('a judgement is stale once its run or its judge was trained anew, and is open again', async () => {
  assert.deepEqual(await saidOf(told), [undefined, true])
  const anew = done(0, 0.5, { seconds: 61 })
  assert.deepEqual(await saidOf(told, anew), ['seed 0 of mnist-hopfield-vae-h was trained anew', false])
  assert.deepEqual(await saidOf(told, drawn, anew), ['mnist-judge was trained anew', false])
  // The queue and the pages say so, too.
  await withRecords([bare(job.id, [{ seed: 0, ...told }]), recordOf(job.drawers, [anew])], () =>
    assert.match(noteOf(job.id), /was trained anew/),
  )
})

test('a judgement that does not say which runs it judged is not stale', async () => {
  assert.deepEqual(await saidOf({}, done(0, 0.1)), [undefined, true])
})

test('seeds that diverged are not waited for', async () => {
  const diverged = { ...done(1, 0), diverged: 'in epoch 1' }
  await withRecords([bare(job.id, [{ seed: 0, ...told }]), recordOf(job.drawers, [drawn, diverged])], () =>
    assert.ok(isJudged(job)),
  )
})

test('a speed without a figure of bfloat16 does not reach the target that asks for one', async () => {
  const speed = JOBS.find((own) => own.kind === 'speed' && own.bfloat16Target !== undefined)!
  const rowOf = async (ratio: number, more: object): Promise<string> => {
    const round = { ours: 1, torch: ratio, torchRatio: ratio, shareOfProductSpeed: 0.5, stepsBetween: 10, ...more }
    const results = [
      { when: 'fresh', ...round },
      { when: 'after', ...round },
      { when: 'twin', apart: [0] },
    ]
    return (await withRecords([bare(speed.id, results)], speedTable)).split('\n').at(-1)!
  }
  assert.match(await rowOf(3, { bfloat16Ratio: 2 }), /\| yes \| 0e\+0 \|$/)
  assert.match(await rowOf(3, { bfloat16Ratio: 1 }), /\| \*\*no\*\* \| 0e\+0 \|$/)
  assert.match(await rowOf(3, {}), /\| bfloat16 not measured \| 0e\+0 \|$/)
  assert.match(await rowOf(1, {}), /\| \*\*no\*\* \| 0e\+0 \|$/)
})
