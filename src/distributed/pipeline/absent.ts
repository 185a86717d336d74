import type { WaitingEvent } from '../../train/events.js'
import { absence } from '../absence.js'
import type { Values } from '../transport.js'
import { type Lease, SILENCE } from './lease.js'
import { getJson } from './values.js'

/** Between two looks, ms. */
const LOOK = 1000

export interface AbsentWorkers {
  news(step: number): AsyncGenerator<WaitingEvent>
  /** Whether somebody was missing at the last look. */
  isAnybody(): boolean
}

/** Tells of workers who are not there, by their leases; of one that is done nobody asks. */
export function absentWorkers(
  values: Values,
  keys: readonly string[],
  limit: number | undefined,
  isDone: (worker: number) => Promise<boolean>,
): AbsentWorkers {
  const absent = absence(limit)
  const seen = new Map<string, { readonly revision: number; readonly at: number }>()
  let missing: string[] = []
  let lookedAt = Number.NEGATIVE_INFINITY
  const isHeld = async (key: string): Promise<boolean> => {
    const known = await getJson<Lease>(values, key)
    if (!known || known.value.holder === '') return false
    const now = performance.now()
    const before = seen.get(key)
    if (before?.revision !== known.revision) seen.set(key, { revision: known.revision, at: now })
    return now - seen.get(key)!.at < SILENCE
  }
  return {
    async *news(step) {
      if (performance.now() - lookedAt < LOOK) return
      lookedAt = performance.now()
      missing = []
      for (const [worker, key] of keys.entries())
        if (!(await isHeld(key)) && !(await isDone(worker))) missing.push(`worker ${worker + 1}`)
      yield* absent.news(step, missing, keys.length)
    },
    isAnybody: () => missing.length > 0,
  }
}
