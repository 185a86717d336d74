import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readRun } from '../../src/compare/run-record.node.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-record-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const START = {
  ...{ event: 'start', batchesPerEpoch: 10, batch: 20 },
  criterion: { figure: 'accuracy', better: 'larger' },
}
const epoch = (step: number, rowsPerSecond: number) => ({ event: 'epoch', step, epoch: step / 10, rowsPerSecond })
const DONE = { event: 'done', test: { network: { accuracy: 0.9 } } }
const read = (...events: unknown[]) => {
  writeFileSync(join(folder, 'metrics.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  return readRun(folder, 7)
}

test('time is that of the steps, from the pace of each epoch', () => {
  const { value, seconds, samples, samplesPerSecond, seed } = read(START, epoch(10, 100), epoch(20, 400), DONE)!
  assert.deepEqual([value, seconds, samples, samplesPerSecond, seed], [0.9, 2 + 0.5, 400, 160, 7])
})

test('an epoch that was trained again after a crash counts once', () => {
  const { samples, seconds } = read(START, epoch(10, 100), epoch(20, 400), START, epoch(20, 200), DONE)!
  assert.deepEqual([samples, seconds], [400, 2 + 1])
})

test('a run that goes on is none that is finished; one that blew up is, without a figure', () => {
  assert.equal(read(START, epoch(10, 100)), undefined)
  assert.equal(read(START, epoch(10, 100), { event: 'stopped', reason: 'aborted', message: 'x' }), undefined)
  assert.equal(readRun(join(folder, 'nowhere'), 0), undefined)
  const blown = read(START, epoch(10, 100), { event: 'stopped', reason: 'not-finite', message: 'it blew up' })!
  assert.deepEqual([blown.value, blown.diverged], [undefined, 'it blew up'])
  const nothing = read(START, epoch(10, 100), { event: 'done', test: { network: { accuracy: null } } })!
  assert.deepEqual([nothing.value, nothing.diverged], [undefined, 'the test accuracy is no finite number'])
})
