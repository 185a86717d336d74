import { describeFailure } from './failure.js'
import { printAside } from './output/print.js'
import { guardOutputs } from './output/streams.js'
import { run } from './program.js'

/** The command line as a process of its own, from its arguments to its exit code. */
guardOutputs()
try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const { text, code } = describeFailure(error)
  printAside(text)
  process.exitCode = code
}
