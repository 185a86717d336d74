// Trainings by every rule, killed at random moments and resumed: the short form of scripts/kill-and-resume.mjs.
// At most 120 s: four lives of a training by every rule.
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

test('killed three times at random and resumed, a training by every rule ends with the bits of an undisturbed one', async () => {
  // Another seed each day, so that the moments are others; a failure prints them.
  const seed = `${Math.floor(Date.now() / 86_400_000)}`
  const given = ['scripts/kill-and-resume.mjs', '--times', '3', '--seed', seed, '--main', 'build/src/cli/main.js']
  await run(process.execPath, given)
})
