// Runs the commands of pages that show what they print, and writes into the pages what was printed: lines that are there,
// with new numbers. Where other lines are printed than a page has, it says so, and they are changed by hand.
//   npm run build && node build/bench/pages.js docs/tutorial.md [PAGE...]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { blocksOf } from './pages/blocks.js'
import { renewed } from './pages/printed.js'
import { runInShell } from './pages/shell.js'

for (const page of process.argv.slice(2)) {
  const folder = mkdtempSync(join(tmpdir(), 'onward-page-'))
  try {
    for (const { language, code, printed, line, marker } of blocksOf(page)) {
      if (language !== 'sh' || (marker && marker.kind !== 'slow')) continue
      console.log(`${page}:${line}`)
      const { stdout } = await runInShell(code, folder, 'dist/cli/main.js')
      if (printed === undefined) continue
      const now = renewed(printed, stdout)
      writeFileSync(
        page,
        readFileSync(page, 'utf8').replace(
          `${code}\`\`\`\n\n\`\`\`text\n${printed}`,
          () => `${code}\`\`\`\n\n\`\`\`text\n${now}`,
        ),
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
