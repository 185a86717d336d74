// Holds the folders of src to their floors: each imports from its own floor and from those below.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'

/** From below, as CONTRIBUTING.md has them; `bench`, the highest, lies outside of src. */
const FLOORS = [
  ['errors', 'names', 'files.node', 'lock.node'],
  ['options'],
  ['graph'],
  ['onnx'],
  ['update'],
  ['certificate'],
  ['runtime'],
  ['random', 'data'],
  ['nn'],
  ['targets'],
  ['rules'],
  ['export'],
  ['train'],
  ['index', 'node', 'export-run.node'],
  ['cli'],
]

const partOf = (path) => path.split(sep)[1].replace(/\.[jt]s$/, '')
const floorOf = (part) => FLOORS.findIndex((floor) => floor.includes(part))

const wrong = []
for (const file of readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'))) {
  const path = join('src', file)
  const own = partOf(path)
  if (floorOf(own) < 0) {
    wrong.push(`${path} lies on no floor`)
    continue
  }
  for (const [, imported] of readFileSync(path, 'utf8').matchAll(/(?:from |import |import\(|new URL\()'(\.[^']+)'/g)) {
    const target = partOf(normalize(join(dirname(path), imported)))
    if (floorOf(target) > floorOf(own)) wrong.push(`${path} imports from src/${target}, which lies above it`)
  }
}
for (const line of wrong) console.error(line)
process.exit(wrong.length > 0 ? 1 : 0)
