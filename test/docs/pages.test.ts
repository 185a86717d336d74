// At most 20 s: every program of the pages runs, and a compiler reads them all.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Block, blocksOf, pages } from '../../bench/pages/blocks.js'
import { renewed } from '../../bench/pages/printed.js'
import { onward } from '../cli/onward.js'

const run = promisify(execFile)
const BLOCKS = ['CONTRIBUTING.md', 'CHANGELOG.md', ...pages()].flatMap(blocksOf)
const inLanguage = (language: string): Block[] => BLOCKS.filter((block) => block.language === language && !block.marker)

/** Which test runs the blocks of a language. */
const RUN_BY: Readonly<Record<string, string>> = {
  ts: 'test/docs/pages.test.ts',
  js: 'test/docs/pages.test.ts',
  json: 'test/docs/pages.test.ts',
  sh: 'test/system/pages.test.ts',
}
/** What nobody runs. */
const PROSE: readonly string[] = ['math']
/** The programs for pages. */
const RUN_IN_PAGE: readonly string[] = ['javascript', 'js-worker', 'html']

describe('the README and the pages of docs', () => {
  test('each of their blocks is run by a test, or says why it is not', () => {
    for (const { page, line, language, marker } of BLOCKS) {
      const runs = language in RUN_BY || (page === 'docs/browser.md' && RUN_IN_PAGE.includes(language))
      if (PROSE.includes(language)) continue
      if (marker) assert.ok(marker.reason.split(' ').length > 2, `${page}:${line}: why is it not run?`)
      else assert.ok(runs, `${page}:${line}: no test runs ${language}; say why above it: <!-- not run: REASON -->`)
    }
  })

  test('their programs run, by the names of the package, and print what the page says', async () => {
    assert.ok(existsSync('dist/node.js'), 'build the package first: npm run build')
    mkdirSync('build/pages', { recursive: true })
    const programs = inLanguage('ts')
    assert.ok(programs.length > 0)
    for (const [i, { code, printed }] of programs.entries()) {
      writeFileSync(`build/pages/${i}.mjs`, code)
      const { stdout } = await run(process.execPath, [`build/pages/${i}.mjs`])
      if (printed === undefined) assert.ok(Number(stdout) > 0.8, `a test accuracy after one epoch, got ${stdout}`)
      else assert.equal(stdout, printed)
    }
  })

  test('their programs are TypeScript, in its strict mode', async () => {
    mkdirSync('build/pages', { recursive: true })
    const files = inLanguage('ts').map(({ code }, i) => {
      writeFileSync(`build/pages/${i}.ts`, code)
      return `build/pages/${i}.ts`
    })
    const flags = [
      '--ignoreConfig',
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--types',
      'node',
    ]
    const { stdout } = await run('node_modules/.bin/tsc', [...flags, ...files]).catch((error) => error)
    assert.equal(stdout, '')
  })

  test('their rules in files are certified by their paths, in the words of the page', async () => {
    const rules = inLanguage('js')
    assert.ok(rules.length > 1)
    mkdirSync('build/pages', { recursive: true })
    for (const { page, line, code, printed } of rules) {
      writeFileSync('build/pages/my-rule.js', code)
      const { stdout } = await run(process.execPath, ['dist/cli/main.js', 'certify', 'build/pages/my-rule.js'])
      assert.equal(stdout.split('\n\n')[0], printed?.trimEnd(), `${page}:${line}`)
    }
  })

  test('their settings are taken by a training', async () => {
    const settings = inLanguage('json')
    assert.ok(settings.length > 0)
    mkdirSync('build/pages', { recursive: true })
    for (const { code } of settings) {
      writeFileSync('build/pages/settings.json', code)
      const out = ['--out', `build/pages/run-${process.pid}`]
      const small = ['--limit', '100', '--epochs', '1', '--batch', '20']
      const { code: ended, stderr } = await onward(
        '.',
        'train',
        '--config',
        'build/pages/settings.json',
        ...small,
        ...out,
      )
      assert.equal(ended, 0, stderr)
    }
  })

  test('their commands and their flags exist', async () => {
    const lines = BLOCKS.filter(({ language, marker }) => language === 'sh' && marker?.kind !== 'not run').flatMap(
      ({ code }) => code.split('\n').filter((line) => line.startsWith('npx onward')),
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
    for (const page of ['CONTRIBUTING.md', 'CHANGELOG.md', ...pages()])
      for (const [, path] of readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(join(dirname(page), path!)), `${page}: ${path} is not there`)
  })

  test('what a page prints is held to what is printed, numbers apart', () => {
    const printed = 'epoch 1  97.50 %\nepoch 2  98.00 %\nKept in runs/a\n'
    assert.equal(renewed('...\nepoch 2  12.00 %\nKept in runs/a\n', printed), '...\nepoch 2  98.00 %\nKept in runs/a\n')
    assert.throws(() => renewed('...\nKept in runs/b\n', printed), /not printed at the end:\nKept in runs\/b/)
    assert.throws(() => renewed('epoch 1  0 %\nKept in runs/a\n', printed), /not printed at the end/)
    assert.throws(() => renewed('epoch 1  0 %\n', printed), /not printed at the end/)
    assert.throws(() => renewed('epoch 3  0 %\nepoch\n...\n', printed), /This is not printed:/)
  })

  test('the reference is what the tables of the program say', async () => {
    await run(process.execPath, ['scripts/reference.mjs', '--check', '--from', 'build/src'])
  })
})
