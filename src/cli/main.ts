#!/usr/bin/env node
import { describeFailure, EXIT } from './failure.js'
import { printAside } from './output/print.js'
import { run } from './program.js'

// A reader that has seen enough (`onward rules | head -1`) closes the pipe: nothing to report.
// One that takes no more, such as a full disk, is told once; a training saves and ends.
let lost = false
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE' && !lost) {
    lost = true
    process.exitCode = EXIT.failed
    printAside(`onward: the output could not be written: ${message}`)
  }
})

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const { text, code } = describeFailure(error)
  printAside(text)
  process.exitCode = code
}
if (lost) process.exitCode = EXIT.failed
