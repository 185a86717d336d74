import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkBegun, noteBegun, removeRun } from '../../bench/begun.js'
import { keptRun, trainOnce } from '../../bench/training.js'
import { workFolder } from '../cli/onward.js'

const asked = { id: 'job', command: 'onward train rule', settings: { hyper: { rate: 1 }, train: {} } }

test('a run goes on with the settings that it was begun with, and with no others', () => {
  const folder = join(workFolder(), 'work', 'job-0')
  const refused = (other: typeof asked, words: RegExp): void => assert.throws(() => checkBegun(folder, other), words)
  noteBegun(folder, asked)
  checkBegun(folder, asked)
  // An option that is new has the default that keeps what was.
  checkBegun(folder, { ...asked, settings: { hyper: { rate: 1, other: 0 } as never, train: {} } })
  refused(
    { ...asked, command: 'onward train rule --epochs 2' },
    /begun before, and its command was onward train rule: move/,
  )
  refused(
    { ...asked, settings: { hyper: { rate: 2 }, train: {} } },
    /rate was 1 and is 2 now: move it away to begin anew/,
  )
  removeRun(folder)
  refused(asked, /there is no .*job-0.begun.json to say with which settings/)
})

test('the bench goes on with no run of other settings', async () => {
  const folder = workFolder()
  const here = process.cwd()
  process.chdir(folder)
  try {
    const job = { id: 'job', arguments: ['forward-forward', '--data', 'glyphs'] }
    noteBegun(keptRun(job, 0), { id: 'job', command: 'other', settings: asked.settings })
    mkdirSync(keptRun(job, 0))
    writeFileSync(join(keptRun(job, 0), 'checkpoint.safetensors'), '')
    await assert.rejects(trainOnce(job, 0, 1, asked.settings), /its command was other/)
    assert.ok(existsSync(keptRun(job, 0)))
  } finally {
    process.chdir(here)
  }
})
