import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { onward } from '../cli/onward.js'

const run = promisify(execFile)
const readme = readFileSync('README.md', 'utf8')
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code!)

describe('the README', () => {
  test('its TypeScript runs, by the names of the package', async () => {
    assert.ok(existsSync('dist/node.js'), 'build the package first: npm run build')
    mkdirSync('build/readme', { recursive: true })
    const codes = blocks('ts')
    assert.ok(codes.length > 0)
    for (const [i, code] of codes.entries()) {
      writeFileSync(`build/readme/${i}.mjs`, code)
      const { stdout } = await run(process.execPath, [`build/readme/${i}.mjs`])
      assert.ok(Number(stdout) > 0.8, `a test accuracy after one epoch, got ${stdout}`)
    }
  })

  test('its commands and their flags exist', async () => {
    const lines = blocks('sh').flatMap((block) => block.split('\n').filter((line) => line.startsWith('npx onward')))
    assert.ok(lines.length > 5)
    const helps = new Map<string, string>()
    for (const line of lines) {
      const [, , command, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/)
      if (!helps.has(command!)) helps.set(command!, (await onward('.', command!, '--help')).stdout)
      for (const flag of rest.filter((word) => word.startsWith('--')))
        assert.ok(helps.get(command!)!.includes(flag), `onward ${command} has no ${flag}`)
    }
  })

  test('its links lead to files', () => {
    for (const [, path] of readme.matchAll(/\]\(([^)#]+)\)/g)) assert.ok(existsSync(path!), `${path} is not there`)
  })
})
