// At most 240 s: studies of some 20 short trainings each, killed and begun again.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readStudy } from '../../src/tune/journal.node.js'
import { isFinished, type Trial } from '../../src/tune/study.js'
import { onwardAlone, start, workFolder } from '../cli/onward.js'

const TRIALS = 14
const SEARCH = [
  ...['tune', 'backprop', '--data', 'glyphs', '--limit', '400', '--epochs', '3', '--batch', '50', '--threads', '1'],
  ...['--set', 'units=16', '--study', 's.jsonl', '--trials', String(TRIALS), '--json'],
]

const finishedIn = (folder: string): readonly Trial[] => {
  const path = join(folder, 's.jsonl')
  return (existsSync(path) ? readStudy(path)?.trials.filter(isFinished) : undefined) ?? []
}

/** What a finished trial is, whatever its number. */
const told = ({ state, params, values, reports }: Trial): string =>
  JSON.stringify({ state, params: Object.entries(params).sort(), values, reports: [...reports] })

/** Runs the study; after so many finished trials, it is killed. */
async function killedAfter(folder: string, trials: number, more: readonly string[] = []): Promise<void> {
  const running = start(folder, [...SEARCH, ...more])
  let killed = false
  running.onOutput((stdout) => {
    if (killed || stdout.split('"event":"finished"').length <= trials) return
    // In the midst of the next trial.
    if (stdout.split('"event":"trial"').length <= trials + 1) return
    killed = true
    running.signal('SIGKILL')
  })
  assert.equal((await running.ended).code, null)
}

test('a study that is killed twice has the same trials and values as one that is not', async () => {
  const whole = workFolder()
  assert.equal((await onwardAlone(whole, ...SEARCH)).code, 0)
  const cut = workFolder()
  await killedAfter(cut, 3)
  await killedAfter(cut, 6)
  const last = await onwardAlone(cut, ...SEARCH)
  assert.equal(last.code, 0, last.stderr)
  assert.equal(finishedIn(whole).length, TRIALS)
  assert.deepEqual(finishedIn(cut).map(told), finishedIn(whole).map(told))
})

test('with two workers none is lost and none is made twice; Ctrl-C loses nothing', async () => {
  const folder = workFolder()
  await killedAfter(folder, 3, ['--workers', '2'])
  const running = start(folder, [...SEARCH, '--workers', '2'])
  running.onOutput((stdout) => {
    if (stdout.includes('"event":"finished"')) running.signal('SIGINT')
  })
  const stopped = await running.ended
  assert.equal(stopped.code, 130, stopped.stderr)
  assert.match(stopped.stderr, /Go on with: onward tune --study s\.jsonl/)
  const last = await onwardAlone(folder, 'tune', '--study', 's.jsonl', '--trials', String(TRIALS), '--workers', '2')
  assert.equal(last.code, 0, last.stderr)
  const finished = finishedIn(folder)
  assert.equal(finished.length, TRIALS)
  assert.equal(new Set(finished.map(({ params }) => JSON.stringify(Object.entries(params).sort()))).size, TRIALS)
  assert.ok(readStudy(join(folder, 's.jsonl'))!.trials.every(({ state }) => state !== 'running'))
})

test('a timeout ends a study, which goes on later', async () => {
  const folder = workFolder()
  const ended = await onwardAlone(folder, ...SEARCH.slice(0, -3), '--trials', '1000', '--timeout', '6')
  assert.equal(ended.code, 0, ended.stderr)
  assert.match(ended.stderr, /Its time is over/)
  assert.ok(finishedIn(folder).length < 1000)
})
