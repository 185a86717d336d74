// At most 400 s: every command of every page runs, those that train on a few samples.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { blocksOf, pages } from '../../bench/pages/blocks.js'
import { renewed } from '../../bench/pages/printed.js'
import { runInShell, smaller } from '../../bench/pages/shell.js'
import { whyNot } from './broker/start.js'
import { FOUND_BY } from './page-files.js'

const MAIN = 'build/src/cli/main.js'

/** Commands that read data sets that are files: these are there where ONWARD_DATA says so, and no test downloads them. */
const READS_FILES = /^npx onward (?!meter).*--data (\w*mnist|cifar-10)\b/m
const NEEDS_SERVER = /^npx onward up (?!.*--engine memory)/m

/** Why commands cannot run here. */
function missing(code: string): string | undefined {
  if (READS_FILES.test(code) && !process.env.ONWARD_DATA) return 'ONWARD_DATA names no folder with data sets'
  return NEEDS_SERVER.test(code) ? whyNot : undefined
}

describe('the commands of the pages run, and print what the pages say', () => {
  for (const page of pages()) {
    const blocks = blocksOf(page).filter(({ language, marker }) => language === 'sh' && !marker)
    if (blocks.length === 0) continue
    test(page, { skip: missing(blocks.map(({ code }) => code).join('')) ?? false }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'onward-page-'))
      try {
        await FOUND_BY[page]?.(folder)
        for (const { code, printed, line } of blocks) {
          const ran = runInShell(printed === undefined ? smaller(code) : code, folder, MAIN)
          const { stdout } = await ran.catch((error) => assert.fail(`${page}:${line}: ${error.message}`))
          if (printed !== undefined) renewed(printed, stdout)
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }
})
