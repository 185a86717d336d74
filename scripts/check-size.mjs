// Holds the core to one ceiling: lines of code in all of its folders; blank lines and lines of comment alone do not count.
//   node scripts/check-size.mjs [--files]     with the lines of each file
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = ['src/graph', 'src/onnx', 'src/update', 'src/runtime']
const CEILING = 3760

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

let sum = 0
for (const folder of FOLDERS) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.ts'))
  const counts = files.map((file) => ({ file, lines: linesOfCode(readFileSync(join(folder, file), 'utf8')) }))
  const total = counts.reduce((all, { lines }) => all + lines, 0)
  console.log(`${folder}: ${total}`)
  if (process.argv.includes('--files'))
    for (const { file, lines } of counts.sort((a, b) => b.lines - a.lines)) console.log(`  ${lines}  ${file}`)
  sum += total
}
console.log(`the core: ${sum} of at most ${CEILING} lines of code`)
if (sum > CEILING) {
  console.error(`The core is ${sum - CEILING} lines over its ceiling: simplify, or move what is no core out of it.`)
  process.exit(1)
}
