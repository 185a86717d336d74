// Compiles sources and tests to build/ and runs the compiled tests, one process per file, two at a time.
//   node scripts/test.mjs [filter...]            units and the contract; with filters, those whose path contains one
//   node scripts/test.mjs --system [filter...]   the system: processes killed, faults, fuzzing, WebGPU, the browser
//   node scripts/test.mjs --system --minutes 8   starts no file of these after that time; each day another comes first
// Each file may take CEILING seconds of processor time, on a machine that does a fixed piece of work in WORK seconds while
// the tests run; a slower one may take as much longer (half of the files tell that it is slower). A file that needs more
// says so in its first lines, with the reason: `// At most 60 s: every rule, with every preset.`
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { rotated } from './rotation.mjs'

const CEILING = 15
const WORK = 0.012

const { values, positionals: filters } = parseArgs({
  options: { system: { type: 'boolean', default: false }, minutes: { type: 'string' } },
  allowPositionals: true,
})

rmSync('build', { recursive: true, force: true })
const compiled = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'], {
  stdio: 'inherit',
})
if (compiled.status !== 0) process.exit(1)

/** What needs a driver, a browser or minutes. */
const SYSTEM = /test.system.|(browser|webgpu)\.test\.js$/
const files = readdirSync('build/test', { recursive: true })
  .map((file) => join('build/test', String(file)))
  .filter((file) => file.endsWith('.test.js') && SYSTEM.test(file) === values.system)
  .filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)))
  .sort()
if (files.length === 0) {
  const elsewhere = values.system ? '' : ' (those of the system are run by npm run test:system)'
  console.error(`No test file matches: ${filters.join(', ')}${elsewhere}`)
  process.exit(1)
}
// What is installed from the package, what the README imports and what pages load is dist: it is built here once for all.
if (files.some((file) => /test.(package|docs|system.(browser|lab))/.test(file)))
  execFileSync(process.execPath, ['scripts/build.mjs'])

const used = mkdtempSync(join(tmpdir(), 'onward-used-'))
const cache = resolve('build/cache')
mkdirSync(cache)

/** Runs files, two at a time, and gives the exit status. */
function run(some) {
  const { status } = spawnSync(
    process.execPath,
    [
      ...['--enable-source-maps', '--import', resolve('scripts/processor-time.mjs')],
      ...['--test', '--test-concurrency=2', '--test-reporter=spec', ...some],
    ],
    { stdio: 'inherit', env: { ...process.env, ONWARD_TEST_USED: used, ONWARD_CACHE: cache } },
  )
  return status ?? 1
}

let status = 0
if (values.minutes === undefined) status = run(files)
else {
  const end = Date.now() + 60_000 * Number(values.minutes)
  const order = rotated(files)
  const started = order.findIndex((file) => {
    if (Date.now() >= end) return true
    const own = run([file])
    status ||= own
    return false
  })
  const left = started < 0 ? [] : order.slice(started)
  console.log(`test:system: ${order.length - left.length} of ${order.length} files in ${values.minutes} minutes`)
  for (const file of left) console.log(`  left for another day: ${file}`)
}

/** The ceiling that the first lines of a test file set, or the usual one. */
function ceilingOf(file) {
  const source = readFileSync(file.replace(/^build./, '').replace(/\.js$/, '.ts'), 'utf8')
  const [, seconds] = /^\/\/ At most (\d+) s: /m.exec(source.slice(0, 1000)) ?? []
  return Number(seconds ?? CEILING)
}

const measured = readdirSync(used).map((name) => JSON.parse(readFileSync(join(used, name), 'utf8')))
const works = measured.map(({ work }) => work).sort((a, b) => a - b)
const slowness = Math.max(1, (works[works.length >> 1] ?? 0) / WORK)
const times = measured
  .map(({ file, seconds }) => ({ file: relative('.', file), seconds }))
  .map(({ file, seconds }) => ({ file, seconds, most: slowness * ceilingOf(file) }))
  .sort((a, b) => b.seconds - a.seconds)
rmSync(used, { recursive: true, force: true })
const total = times.reduce((sum, { seconds }) => sum + seconds, 0)
if (slowness > 1) console.log(`This machine is slow, or busy: each ceiling is ${slowness.toFixed(2)} times as high.`)
console.log(`Processor time: ${total.toFixed(0)} s in ${times.length} files; the longest, each with its ceiling:`)
for (const { file, seconds, most } of times.slice(0, filters.length > 0 ? 3 : 12))
  console.log(`  ${seconds.toFixed(1).padStart(6)} s of ${most.toFixed(0)}  ${file}`)
// What lies a little above is told; what takes twice as long fails, since processor time depends on the machine's load too.
const over = times.filter(({ seconds, most }) => seconds > most)
for (const { file, seconds, most } of over)
  console.error(
    `${file} took ${seconds.toFixed(1)} s of processor time, and may take ${most.toFixed(0)} s: make it shorter, move what is long to test/system/, or raise the ceiling in its first lines with a reason.`,
  )
process.exit(status || (over.some(({ seconds, most }) => seconds > 2 * most) ? 1 : 0))
