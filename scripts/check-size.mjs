// Holds src to its ceilings, in lines as `wc -l` counts them: the core, all of src, and each file.
//   node scripts/check-size.mjs [--files]     with the lines of each file of the core
import { readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'

const CORE = ['graph', 'onnx', 'update', 'runtime']
const MOST = { core: 4800, src: 60_900, file: 300 }

const files = readdirSync('src', { recursive: true })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, lines: readFileSync(join('src', file), 'utf8').split('\n').length - 1 }))
const sum = (some) => some.reduce((all, { lines }) => all + lines, 0)
const core = files.filter(({ file }) => CORE.includes(file.split(sep)[0]))

if (process.argv.includes('--files'))
  for (const { file, lines } of core.toSorted((a, b) => b.lines - a.lines)) console.log(`${lines}  src/${file}`)
for (const folder of CORE)
  console.log(`src/${folder}: ${sum(core.filter(({ file }) => file.startsWith(folder + sep)))}`)

const measured = [
  { what: 'the core', lines: sum(core), most: MOST.core },
  { what: 'src', lines: sum(files), most: MOST.src },
  ...files
    .filter(({ lines }) => lines > MOST.file)
    .map(({ file, lines }) => ({ what: `src/${file}`, lines, most: MOST.file })),
]
for (const { what, lines, most } of measured) {
  console.log(`${what}: ${lines} of at most ${most} lines`)
  if (lines <= most) continue
  console.error(`${what} is ${lines - most} lines over its ceiling: simplify, or move what does not belong there.`)
  process.exitCode = 1
}
