import { setTimeout as wait } from 'node:timers/promises'
import { UserError } from '../../errors.js'

/** Between two tries, ms. */
const PAUSE = 200
/** The same reason is told again after so many seconds, then after twice as long, and so on. */
const AGAIN = 10

export interface Patience {
  /**
   * Tries until there is a value; a text says why there is none yet. Undefined where the signal comes first. Throws a
   * UserError with the last reason when the time is over.
   */
  until<T extends object>(attempt: () => Promise<T | string>): Promise<T | undefined>
}

/** `most`: seconds, of all that is waited for. */
export function patienceOf(most: number, signal: AbortSignal, say: (line: string) => void): Patience {
  const begin = performance.now()
  let told: string | undefined
  let due = AGAIN
  return {
    async until(attempt) {
      while (!signal.aborted) {
        const found = await attempt()
        if (typeof found !== 'string') return found
        const seconds = (performance.now() - begin) / 1000
        if (seconds >= most) throw new UserError(`${found}${most > 0 ? `, and did not within ${most} s (--wait)` : ''}`)
        if (found !== told || seconds >= due) {
          while (seconds >= due) due *= 2
          const left = Math.ceil(most - seconds)
          say(`${found}: waiting for at most ${left} s more (--wait)`)
          told = found
        }
        await wait(PAUSE)
      }
      return undefined
    },
  }
}
