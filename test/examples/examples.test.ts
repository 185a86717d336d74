import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The number behind a word of the output must be above a bound, which is no golden value. */
const above = (bound: number, word: RegExp, output: string): void =>
  assert.ok(Number(new RegExp(`${word.source} ([\\d.]+)`).exec(output)?.[1]) > bound, output)

/** What each example must print. */
const PRINTS: Record<string, (output: string) => void> = {
  '01-a-rule-of-your-own.js': (output) => {
    assert.match(output, /^local: true, windows: 1,1$/m)
    above(0.9, /test accuracy/, output)
  },
  '02-a-window.js': (output) => {
    assert.match(output, /^windows: 2,2,1$/m)
    above(0.9, /test accuracy/, output)
  },
  '03-an-inner-loop.js': (output) => {
    assert.match(output, /^local: false, windows: 1,1,1$/m)
    above(0.87, /test accuracy/, output)
  },
  '04-values.js': (output) => above(0.99, /R2/, output),
}

for (const file of readdirSync('build/examples').filter((name) => name.endsWith('.js')))
  test(`examples/${file} runs`, async () => {
    assert.ok(PRINTS[file], `say in ${import.meta.url} what ${file} prints`)
    const { stdout } = await run(process.execPath, [`build/examples/${file}`])
    PRINTS[file](stdout)
  })
