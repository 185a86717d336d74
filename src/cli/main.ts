#!/usr/bin/env node
import { describeFailure, EXIT } from './failure.js'
import { printAside } from './output/print.js'
import { run } from './program.js'

// A reader that has seen enough (`onward rules | head -1`) closes the pipe: nothing to report.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exitCode = EXIT.done
})

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const { text, code } = describeFailure(error)
  printAside(text)
  process.exitCode = code
}
