// Trainings by every rule, killed at random moments and resumed: the short form of scripts/kill-and-resume.mjs.
// At most 240 s: three lives of a training by every rule, and of one layer after the other; 17 rules.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

test('killed twice at random and resumed, a training by every rule ends with the bits of an undisturbed one', async () => {
  // Other moments each day; a failure tells them.
  const seed = process.env.ONWARD_ROTATION ?? `${Math.floor(Date.now() / 86_400_000)}`
  const given = ['scripts/kill-and-resume.mjs', '--times', '2', '--seed', seed, '--main', 'build/src/cli/main.js']
  const { stdout } = await run(process.execPath, given).catch((error) =>
    assert.fail(`${error.stdout}\n${error.stderr}`),
  )
  assert.match(stdout, /: the same bits after 2 kills$/m)
})
