// Holds the core to its ceilings: lines of code under each folder; blank lines and lines of comment alone do not count.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const CEILINGS = {
  'src/graph': 1500,
  'src/onnx': 850,
  'src/update': 240,
  'src/runtime': 1320,
}

function linesOfCode(text) {
  let inComment = false
  let count = 0
  for (const line of text.split('\n').map((whole) => whole.trim())) {
    if (!inComment && line.startsWith('/*')) inComment = true
    if (!inComment && line !== '' && !line.startsWith('//')) count++
    if (inComment && line.includes('*/')) inComment = false
  }
  return count
}

let failed = false
for (const [folder, ceiling] of Object.entries(CEILINGS)) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.ts'))
  const counts = files.map((file) => ({ file, lines: linesOfCode(readFileSync(join(folder, file), 'utf8')) }))
  const total = counts.reduce((sum, { lines }) => sum + lines, 0)
  console.log(`${folder}: ${total} of at most ${ceiling} lines of code`)
  if (process.argv.includes('--files'))
    for (const { file, lines } of counts.sort((a, b) => b.lines - a.lines)) console.log(`  ${lines}  ${file}`)
  if (total > ceiling) {
    failed = true
    console.error(
      `${folder} is ${total - ceiling} lines over its ceiling: simplify, or move what is no core out of it.`,
    )
  }
}
process.exit(failed ? 1 : 0)
