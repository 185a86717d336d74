import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { onward } from '../cli/onward.js'

const run = promisify(execFile)
const markdown = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
const PAGES = [...markdown('.'), ...markdown('docs'), ...markdown('docs/decisions')]

const blocks = (page: string, language: string): string[] =>
  [...readFileSync(page, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code]) => code!,
  )

describe('the README and the pages of docs', () => {
  test('their TypeScript runs, by the names of the package', async () => {
    assert.ok(existsSync('dist/node.js'), 'build the package first: npm run build')
    mkdirSync('build/pages', { recursive: true })
    const codes = PAGES.flatMap((page) => blocks(page, 'ts'))
    assert.ok(codes.length > 0)
    for (const [i, code] of codes.entries()) {
      writeFileSync(`build/pages/${i}.mjs`, code)
      const { stdout } = await run(process.execPath, [`build/pages/${i}.mjs`])
      assert.ok(Number(stdout) > 0.8, `a test accuracy after one epoch, got ${stdout}`)
    }
  })

  test('their commands and their flags exist', async () => {
    const lines = PAGES.flatMap((page) => blocks(page, 'sh')).flatMap((block) =>
      block.split('\n').filter((line) => line.startsWith('npx onward')),
    )
    assert.ok(lines.length > 10)
    const helps = new Map<string, string>()
    for (const line of lines) {
      const [, , command, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/)
      if (!helps.has(command!)) helps.set(command!, (await onward('.', command!, '--help')).stdout)
      for (const flag of rest.filter((word) => word.startsWith('--')))
        assert.ok(helps.get(command!)!.includes(flag), `onward ${command} has no ${flag}`)
    }
  })

  test('their links lead to files', () => {
    for (const page of PAGES)
      for (const [, path] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(join(dirname(page), path!)), `${page}: ${path} is not there`)
  })
})
