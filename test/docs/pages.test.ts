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

interface Block {
  readonly code: string
  /** What the page says that it prints: a block of text right after it. */
  readonly printed: string | undefined
}

function blocks(page: string, language: string): Block[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`\\n(?:\\n\`\`\`text\\n(.*?)^\`\`\`)?`, 'gms')
  return [...readFileSync(page, 'utf8').matchAll(pattern)].map(([, code, printed]) => ({ code: code!, printed }))
}

describe('the README and the pages of docs', () => {
  test('their programs run, by the names of the package, and print what the page says', async () => {
    assert.ok(existsSync('dist/node.js'), 'build the package first: npm run build')
    mkdirSync('build/pages', { recursive: true })
    const programs = PAGES.flatMap((page) => blocks(page, 'ts'))
    assert.ok(programs.length > 0)
    for (const [i, { code, printed }] of programs.entries()) {
      writeFileSync(`build/pages/${i}.mjs`, code)
      const { stdout } = await run(process.execPath, [`build/pages/${i}.mjs`])
      if (printed === undefined) assert.ok(Number(stdout) > 0.8, `a test accuracy after one epoch, got ${stdout}`)
      else assert.equal(stdout, printed)
    }
  })

  test('their rule in a file is certified by its path, in the words of the page', async () => {
    const [rule, ...others] = PAGES.flatMap((page) => blocks(page, 'js'))
    assert.deepEqual([others, typeof rule!.printed], [[], 'string'])
    mkdirSync('build/pages', { recursive: true })
    writeFileSync('build/pages/my-rule.js', rule!.code)
    const { stdout } = await run(process.execPath, ['dist/cli/main.js', 'certify', 'build/pages/my-rule.js'])
    assert.equal(stdout.split('\n\n')[0], rule!.printed!.trimEnd())
  })

  test('their commands and their flags exist', async () => {
    const lines = PAGES.flatMap((page) => blocks(page, 'sh')).flatMap(({ code }) =>
      code.split('\n').filter((line) => line.startsWith('npx onward')),
    )
    assert.ok(lines.length > 10)
    const helps = new Map<string, string>()
    for (const line of lines) {
      const [, , ...words] = line.replace(/#.*/, '').trim().split(/\s+/)
      const command = words.slice(0, words[0] === 'up' ? 2 : 1)
      const name = command.join(' ')
      if (!helps.has(name)) helps.set(name, (await onward('.', ...command, '--help')).stdout)
      for (const flag of words.filter((word) => word.startsWith('--')))
        assert.ok(helps.get(name)!.includes(flag), `onward ${name} has no ${flag}`)
    }
  })

  test('their links lead to files', () => {
    for (const page of PAGES)
      for (const [, path] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(join(dirname(page), path!)), `${page}: ${path} is not there`)
  })
})
