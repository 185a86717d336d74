// Writes the pages of docs/reference from the tables that the program itself uses.
//   npm run build && node scripts/reference.mjs     writes them
//   node scripts/reference.mjs --check              names those that are out of date, and exits with 1
//   node scripts/reference.mjs --from build/src     takes the tables from another build than dist
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { commandsPage } from './reference/commands.mjs'
import { filesPage } from './reference/files.mjs'
import { jsonPage } from './reference/json.mjs'
import { rulesPage } from './reference/rules.mjs'

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, from: { type: 'string', default: 'dist' } },
})

// Help is to read as those read it who type `npx onward`.
process.env.npm_command = 'exec'
const load = (module) => import(pathToFileURL(resolve(values.from, module)).href)

const PAGES = { 'commands.md': commandsPage, 'rules.md': rulesPage, 'json.md': jsonPage, 'files.md': filesPage }
const FOLDER = 'docs/reference'
const NOTE =
  '<!-- Written by scripts/reference.mjs: change the tables that it reads, or the script, and run it again. -->'

mkdirSync(FOLDER, { recursive: true })
const stale = []
for (const [name, page] of Object.entries(PAGES)) {
  const path = join(FOLDER, name)
  const [title, ...rest] = await page(load)
  const text = `${[title, '', NOTE, '', ...rest].join('\n').trimEnd()}\n`
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  stale.push(path)
  if (!values.check) writeFileSync(path, text)
}
if (values.check && stale.length > 0) {
  console.error(`Out of date: ${stale.join(', ')}. Write them again: npm run build && node scripts/reference.mjs`)
  process.exitCode = 1
} else
  console.log(stale.length > 0 ? `Written: ${stale.join(', ')}` : 'All pages of the reference are as the tables say.')
