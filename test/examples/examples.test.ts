import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What each example must print; the figures are bounds, not golden values. */
const PRINTS: Record<string, (output: string) => void> = {
  '01-a-rule-of-your-own.js': (output) => {
    assert.match(output, /^local: true, windows: 1,1$/m)
    assert.ok(Number(/test accuracy ([\d.]+)/.exec(output)![1]) > 0.9, output)
  },
  '02-a-window.js': (output) => {
    assert.match(output, /^windows: 2,2,1$/m)
    assert.ok(Number(/test accuracy ([\d.]+)/.exec(output)![1]) > 0.9, output)
  },
}

for (const file of readdirSync('build/examples').filter((name) => name.endsWith('.js')))
  test(`examples/${file} runs`, async () => {
    assert.ok(PRINTS[file], `say in ${import.meta.url} what ${file} prints`)
    const { stdout } = await run(process.execPath, [`build/examples/${file}`])
    PRINTS[file](stdout)
  })
