import { UserError } from '../errors.js'
import type { WaitingEvent } from '../train/events.js'

/** Seconds after which it is told that somebody is missing, and between two times at the most. */
const [FIRST, MOST] = [5, 60]

/** Keeps watch over those whom a training waits for. */
export interface Absence {
  /** What there is to tell, of those who are missing now. Throws a UserError where that has lasted for too long. */
  news(step: number, missing: readonly string[], of: number): Generator<WaitingEvent>
}

/** `limit`: the most seconds to wait. */
export function absence(limit = Number.POSITIVE_INFINITY, now: () => number = () => performance.now()): Absence {
  let since: number | undefined
  let due = FIRST
  return {
    *news(step, missing, of) {
      if (missing.length === 0) {
        since = undefined
        due = FIRST
        return
      }
      since ??= now()
      const seconds = (now() - since) / 1000
      if (seconds >= limit)
        throw new UserError(
          `${missing.join(', ')} did not come within ${limit} s, and the run cannot go on without: start what is missing, and go on with --resume`,
        )
      if (seconds < due) return
      due += Math.min(due, MOST)
      yield { event: 'waiting', step, missing: [...missing], of, seconds }
    },
  }
}
