// Breaks the code on purpose, one sabotage at a time, in a copy of the sources, and asks whether the tests notice.
//   node scripts/mutants.mjs [filter...]     only the sabotages whose file or description contains a filter
// Each file in scripts/mutants/ exports a table; to add a sabotage, add a row:
//   { what, file, find, replace, tests, names? }
// `find` must occur exactly once in `file`; `tests` is a part of the path of the test files to run, and `names`, if
// given, a pattern for the names of the tests in them. Exit code 1: a sabotage survived, or a row does not apply.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const filters = process.argv.slice(2)
const tables = readdirSync('scripts/mutants').filter((file) => file.endsWith('.mjs'))
const rows = (await Promise.all(tables.map((file) => import(resolve('scripts/mutants', file)))))
  .flatMap((module) => module.default)
  .filter(({ what, file }) => filters.length === 0 || filters.some((part) => `${file} ${what}`.includes(part)))

const copy = mkdtempSync(join(tmpdir(), 'mutants-'))
for (const path of ['src', 'test', 'examples', 'bench', 'package.json', 'tsconfig.json', 'tsconfig.test.json'])
  if (existsSync(path)) cpSync(path, join(copy, path), { recursive: true })
symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))

/** Compiles the copy (errors of types are no test) and runs its tests; the failing ones' names come back. */
function run({ tests, names }) {
  const node = (args) => spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', timeout: 300_000 })
  node(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json', '--noUnusedLocals', 'false'])
  const files = readdirSync(join(copy, 'build/test'), { recursive: true })
    .map((file) => join('build/test', String(file)))
    .filter((file) => file.endsWith('.test.js') && file.includes(tests))
  if (files.length === 0) return { status: undefined, passed: 0 }
  const pattern = names ? ['--test-name-pattern', names] : []
  const { status, stdout } = node(['--test', '--test-reporter=tap', ...pattern, ...files])
  return { status, passed: Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0) }
}

const problems = []
const sound = new Map()
for (const row of rows) {
  const { what, file, find, replace } = row
  const say = (verdict) => console.log(`${verdict.padEnd(9)} ${file}: ${what}`)
  const path = join(copy, file)
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const key = `${row.tests} ${row.names}`
  if (!sound.has(key)) sound.set(key, run(row))
  const before = sound.get(key)
  let verdict = 'caught'
  if (text.split(find).length !== 2) verdict = 'stale'
  else if (before.status !== 0 || before.passed === 0) verdict = 'no test'
  else {
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
    if (run(row).status === 0) verdict = 'SURVIVED'
    writeFileSync(path, text)
  }
  say(verdict)
  if (verdict !== 'caught') problems.push(verdict)
}
rmSync(copy, { recursive: true, force: true })
console.log(`${rows.length - problems.length} of ${rows.length} sabotages were caught`)
process.exit(problems.length > 0 ? 1 : 0)
