// Holds the folders of src to their floors: each imports from its own floor and from those below. No files of src and
// bench import each other in a circle, but those of `graph`, which are one concept in many files.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'

/** From below, as CONTRIBUTING.md has them; `bench`, the highest, lies outside of src. */
const FLOORS = [
  [
    'floor',
    'no-telemetry.node',
    'errors',
    'names',
    'typed-arrays',
    'files.node',
    'holder.node',
    'lock.node',
    'own-files.node',
    'protobuf',
  ],
  ['options'],
  ['graph'],
  ['onnx'],
  ['update'],
  ['certificate'],
  ['runtime'],
  ['random', 'data', 'readout'],
  ['nn'],
  ['targets'],
  ['rules'],
  ['export', 'draw'],
  ['train'],
  ['judge'],
  ['tune'],
  ['distributed'],
  ['meter', 'logs'],
  ['index', 'node', 'export-run.node', 'judge-run.node', 'runs.node', 'pictures.node'],
  ['browser'],
  ['compare'],
  ['kept'],
  ['publish'],
  ['report', 'cli'],
]

const partOf = (path) => path.split(sep)[1].replace(/\.[jt]s$/, '')
const floorOf = (part) => FLOORS.findIndex((floor) => floor.includes(part))

/** The files that a file imports, or starts as a worker. */
const importsOf = (path) =>
  [...readFileSync(path, 'utf8').matchAll(/(?:from |import |import\(|new URL\(|ownFile\()'(\.[^']+)'/g)].map(
    ([, imported]) => normalize(join(dirname(path), imported)).replace(/\.js$/, '.ts'),
  )

const files = ['src', 'bench'].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
)
const imports = new Map(files.map((path) => [path, importsOf(path)]))
const wrong = []
for (const [path, targets] of imports) {
  if (!path.startsWith(`src${sep}`)) continue
  const own = floorOf(partOf(path))
  if (own < 0) wrong.push(`${path} lies on no floor`)
  for (const target of targets)
    if (floorOf(partOf(target)) > own && own >= 0) wrong.push(`${path} imports ${target}, which lies above it`)
}

const open = []
const done = new Set()
/** Walks the imports; a file that is met while it is open closes a circle. */
function visit(path) {
  if (done.has(path) || path.startsWith(join('src', 'graph'))) return
  if (open.includes(path)) {
    wrong.push(`these files import each other in a circle: ${open.slice(open.indexOf(path)).join(', ')}`)
    return
  }
  open.push(path)
  for (const next of imports.get(path) ?? []) visit(next)
  open.pop()
  done.add(path)
}
for (const path of imports.keys()) visit(path)

for (const line of wrong) console.error(line)
process.exit(wrong.length > 0 ? 1 : 0)
