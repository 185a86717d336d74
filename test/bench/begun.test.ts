import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkBegun, forgetBegun, noteBegun } from '../../bench/begun.js'
import { workFolder } from '../cli/onward.js'

test('a half-done run goes on with the settings that it was begun with, and with no others', () => {
  const folder = join(workFolder(), 'work', 'job-0')
  const asked = { command: 'onward train rule', settings: { hyper: { rate: 1 }, train: {} } }
  noteBegun(folder, asked)
  checkBegun(folder, asked)
  const rate = { ...asked, settings: { hyper: { rate: 2 }, train: {} } }
  for (const other of [{ ...asked, command: 'onward train rule --epochs 2' }, rate])
    assert.throws(
      () => checkBegun(folder, other),
      /job-0 holds a half-done run, and .*job-0.begun.json holds other settings/,
    )
  forgetBegun(folder)
  assert.throws(() => checkBegun(folder, asked), /there is no .*: move the folder away to begin anew/)
})
