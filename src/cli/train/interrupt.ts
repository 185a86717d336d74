import { EXIT } from '../failure.js'

/**
 * What ends a process that could still save: Ctrl-C; a system, a container or a queue that shuts down (SIGTERM,
 * SIGPWR); a terminal or a connection that closes (SIGHUP; SIGBREAK on Windows); limits of time (SIGXCPU, SIGALRM, and
 * SIGUSR2, which queues send ahead of them); Ctrl-\.
 */
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK', 'SIGQUIT', 'SIGXCPU', 'SIGALRM', 'SIGUSR2', 'SIGPWR'] as const

/**
 * npm hands Ctrl-C on to a command that the terminal has told already: what comes so soon after the first signal is
 * the same key. A terminal that closes tells it several times, too.
 */
const SAME_KEY = 500

/** By then npm has told the key again. */
const ECHO = 100

/**
 * Runs `work` with a signal that the first of these ends aborts, so that it can save where it is; another one ends the
 * process at once. `onInterrupt` is called at the first. A reader that closes the output aborts it, too, and so does an
 * error that nobody caught, which is thrown when the work has ended.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, onInterrupt: () => void): Promise<T> {
  const controller = new AbortController()
  let first: number | undefined
  let stray: { readonly error: unknown } | undefined
  const handle = (): void => {
    if (first === undefined) {
      first = performance.now()
      controller.abort()
      onInterrupt()
    } else if (performance.now() - first > SAME_KEY) process.exit(EXIT.interrupted)
  }
  const closed = (): void => controller.abort()
  const caught = (error: unknown): void => {
    stray ??= { error }
    controller.abort()
  }
  process.stdout.on('error', closed)
  process.on('uncaughtException', caught)
  for (const name of ENDS) process.on(name, handle)
  try {
    const done = await work(controller.signal)
    if (stray) throw stray.error
    return done
  } finally {
    process.stdout.off('error', closed)
    // Saving may take less time than npm takes to tell the same key again: with nobody to hear it, that would kill the
    // process before it has given its exit code.
    if (first !== undefined) await new Promise((heard) => setTimeout(heard, ECHO))
    process.off('uncaughtException', caught)
    for (const name of ENDS) process.off(name, handle)
  }
}
