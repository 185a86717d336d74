// Compiles sources and tests to build/ and runs the compiled tests, one process per file, two at a time.
// Arguments narrow the files: `node scripts/test.mjs graph/ onnx` runs those whose path contains one of them.
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

rmSync('build', { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'], { stdio: 'inherit' })
const filters = process.argv.slice(2)
const files = readdirSync('build/test', { recursive: true })
  .map((file) => join('build/test', String(file)))
  .filter((file) => file.endsWith('.test.js') && (filters.length === 0 || filters.some((part) => file.includes(part))))
  .sort()
if (files.length === 0) {
  console.error(`No test file matches: ${filters.join(', ')}`)
  process.exit(1)
}

const run = spawnSync(
  process.execPath,
  ['--enable-source-maps', '--test', '--test-concurrency=2', '--test-reporter=spec', ...files],
  { stdio: 'inherit' },
)
process.exit(run.status ?? 1)
