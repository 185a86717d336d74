import { EXIT } from '../failure.js'

/**
 * npm hands Ctrl-C on to a command that the terminal has told already: what comes so soon after the first signal is
 * the same key.
 */
const SAME_KEY = 500

/** By then npm has told the key again. */
const ECHO = 100

/**
 * Runs `work` with a signal that the first Ctrl-C (or SIGTERM) aborts, so that it can save where it is; another one
 * ends the process at once. `onInterrupt` is called at the first. A reader that closes the output aborts it, too.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, onInterrupt: () => void): Promise<T> {
  const controller = new AbortController()
  let first: number | undefined
  const handle = (): void => {
    if (first === undefined) {
      first = performance.now()
      controller.abort()
      onInterrupt()
    } else if (performance.now() - first > SAME_KEY) process.exit(EXIT.interrupted)
  }
  const closed = (): void => controller.abort()
  process.stdout.on('error', closed)
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
  try {
    return await work(controller.signal)
  } finally {
    process.stdout.off('error', closed)
    // Saving may take less time than npm takes to tell the same key again: with nobody to hear it, that would kill the
    // process before it has given its exit code.
    if (first !== undefined) await new Promise((heard) => setTimeout(heard, ECHO))
    process.off('SIGINT', handle)
    process.off('SIGTERM', handle)
  }
}
