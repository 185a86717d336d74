import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

/** A repository of these system tests alone, by name and source; its compiler only copies. */
function repository(tests: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'onward-scripts-'))
  cpSync('scripts', join(folder, 'scripts'), { recursive: true })
  const compiler = join(folder, 'node_modules/typescript/bin')
  for (const path of [compiler, join(folder, 'test/system')]) mkdirSync(path, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{}')
  for (const [name, source] of Object.entries(tests)) {
    writeFileSync(join(folder, 'test/system', `${name}.test.js`), source)
    writeFileSync(join(folder, 'test/system', `${name}.test.ts`), source)
  }
  writeFileSync(join(compiler, 'tsc'), "require('node:fs').cpSync('test', 'build/test', { recursive: true })")
  return folder
}

test('with --minutes a file that fails keeps no other from running, and the exit code tells of it', () => {
  const saysThatItRan = (name: string): string => `require('node:fs').writeFileSync('ran-${name}', '');`
  const folder = repository({
    a: `${saysThatItRan('a')} process.exitCode = 1`,
    b: saysThatItRan('b'),
    c: saysThatItRan('c'),
  })
  // Node runs no tests inside of tests while this is set.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['scripts/test.mjs', '--system', '--minutes', '5'],
    // The file that fails comes first.
    { cwd: folder, env: { ...env, ONWARD_ROTATION: '0' }, encoding: 'utf8' },
  )
  assert.match(stdout, /test:system: 3 of 3 files in 5 minutes/, stderr)
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => existsSync(join(folder, `ran-${name}`))),
    [true, true, true],
  )
  assert.equal(status, 1)
})
