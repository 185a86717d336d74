/** Time as the rounds know it; a test brings its own. */
export interface Clock {
  /** Milliseconds since any fixed moment. */
  now(): number
  /** Ends early with the signal. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, signal.aborted ? 0 : milliseconds)
      signal.addEventListener('abort', end)
    }),
}

/** Waits between two looks at what is stored. A hint ends the wait early; without any, looks come as often as before. */
export interface Bell {
  wait(milliseconds: number): Promise<void>
}

export function bellOf(hints: AsyncIterable<unknown>, clock: Clock, signal: AbortSignal): Bell {
  let rung = false
  let wake: (() => void) | undefined
  const listen = async (): Promise<void> => {
    for await (const _ of hints) {
      rung = true
      wake?.()
    }
  }
  // Where hints fail, the looks are enough.
  listen().catch(() => {})
  return {
    async wait(milliseconds) {
      if (!rung) {
        const ended = new AbortController()
        wake = () => ended.abort()
        await clock.sleep(milliseconds, AbortSignal.any([signal, ended.signal]))
        wake = undefined
      }
      rung = false
    },
  }
}
