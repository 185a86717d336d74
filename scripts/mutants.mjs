// Breaks the code on purpose, one sabotage at a time, in a copy of the sources, and asks whether the tests notice.
//   node scripts/mutants.mjs [filter...]     only the sabotages whose file or description contains a filter
//   node scripts/mutants.mjs --minutes 4     starts none after that time; each day another part of them comes first
//   node scripts/mutants.mjs --stale         tries none; only names those that no longer apply to the code of today
// Each file in scripts/mutants/ exports a table; to add a sabotage, add a row:
//   { what, file, find, replace, tests, names? }
// `find` must occur exactly once in `file`; `tests` is a part of the path of the test files to run, and `names`, if
// given, a pattern for the names of the tests in them. Exit code 1: a sabotage survived, or a row does not apply.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { transformSync } from 'esbuild'
import { rotated } from './rotation.mjs'

const { values, positionals: filters } = parseArgs({
  options: { minutes: { type: 'string' }, stale: { type: 'boolean' } },
  allowPositionals: true,
})
const end = Date.now() + 60_000 * Number(values.minutes ?? Number.POSITIVE_INFINITY)
const tables = readdirSync('scripts/mutants').filter((file) => file.endsWith('.mjs'))
const all = (await Promise.all(tables.map((file) => import(resolve('scripts/mutants', file)))))
  .flatMap((module) => module.default)
  .filter(({ what, file }) => filters.length === 0 || filters.some((part) => `${file} ${what}`.includes(part)))

const contents = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '')
const isStale = (text, { find }) => text.split(find).length !== 2
if (values.stale) {
  const stale = all.filter((row) => isStale(contents(row.file), row))
  for (const { file, what } of stale) console.log(`stale     ${file}: ${what}`)
  console.log(`${stale.length} of ${all.length} sabotages are stale`)
  process.exit(stale.length > 0 ? 1 : 0)
}

// So far apart that in a week each day tries others.
const rows = values.minutes === undefined ? all : rotated(all, 41)

const copy = mkdtempSync(join(tmpdir(), 'mutants-'))
const COPIED = ['src', 'lab', 'test', 'examples', 'bench', 'scripts', 'docs', 'dist', 'README.md', 'package.json']
for (const path of [...COPIED, 'tsconfig.json', 'tsconfig.test.json'])
  if (existsSync(path)) cpSync(path, join(copy, path), { recursive: true })
symlinkSync(resolve('node_modules'), join(copy, 'node_modules'))
const env = { ...process.env, ONWARD_CACHE: join(copy, 'cache') }
const node = (args) => spawnSync(process.execPath, args, { cwd: copy, env, encoding: 'utf8', timeout: 120_000 })
node(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'])

/** Runs the tests of a row; how many passed comes back. */
function run({ tests, names }) {
  const files = readdirSync(join(copy, 'build/test'), { recursive: true })
    .map((file) => join('build/test', String(file)))
    .filter((file) => file.endsWith('.test.js') && file.includes(tests))
  if (files.length === 0) return { status: undefined, passed: 0 }
  const pattern = names ? ['--test-name-pattern', names] : []
  const { status, stdout } = node(['--test', '--test-reporter=tap', ...pattern, ...files])
  return { status, passed: Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0) }
}

/** Compiles one file alone, whatever its types say: they are no test. */
function compile(file, text) {
  const { code } = transformSync(text, {
    loader: 'ts',
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  })
  writeFileSync(join(copy, 'build', file.replace(/\.ts$/, '.js')), code)
}

const problems = []
const sound = new Map()
let tried = 0
for (const row of rows) {
  if (Date.now() >= end) break
  tried++
  const { what, file, find, replace } = row
  const text = contents(join(copy, file))
  const key = `${row.tests} ${row.names}`
  if (!sound.has(key)) sound.set(key, run(row))
  const before = sound.get(key)
  let verdict = 'caught'
  if (isStale(text, row)) verdict = 'stale'
  else if (before.status !== 0 || before.passed === 0) verdict = 'no test'
  else {
    compile(
      file,
      text.replace(find, () => replace),
    )
    if (run(row).status === 0) verdict = 'SURVIVED'
    compile(file, text)
  }
  console.log(`${verdict.padEnd(9)} ${file}: ${what}`)
  if (verdict !== 'caught') problems.push(verdict)
}
rmSync(copy, { recursive: true, force: true })
console.log(
  `${tried - problems.length} of ${tried} sabotages were caught${tried < all.length ? `, of ${all.length}` : ''}`,
)
process.exit(problems.length > 0 ? 1 : 0)
