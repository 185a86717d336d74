// Writes the example of docs/compare.md: runs the command that stands there, and puts what it printed below it.
//   npm run build && node scripts/compare-example.mjs
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const PAGE = 'docs/compare.md'
const EXAMPLE = /(<!-- example[^>]*-->\n```sh\nnpx onward (.*)\n```\n\n```text\n)[\s\S]*?(```\n<!-- end of example -->)/
const page = readFileSync(PAGE, 'utf8')
const [, , words] = EXAMPLE.exec(page)
const cwd = mkdtempSync(join(tmpdir(), 'compare-example-'))
const begin = performance.now()
const { status, stdout, stderr } = spawnSync(process.execPath, [resolve('dist/cli/main.js'), ...words.split(' ')], {
  cwd,
  encoding: 'utf8',
})
rmSync(cwd, { recursive: true, force: true })
if (status !== 0) throw new Error(stderr)
writeFileSync(
  PAGE,
  page.replace(EXAMPLE, (_, before, _words, after) => before + stdout + after),
)
console.log(`${PAGE} is written, after ${((performance.now() - begin) / 1000).toFixed(0)} s`)
