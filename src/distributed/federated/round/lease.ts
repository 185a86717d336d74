import { ConflictError, type Transport } from '../../transport.js'
import type { Clock } from '../clock.js'
import { fromJson, NAMES, toJson } from '../names.js'

/** A holder that has not been heard for so long is taken for dead, in milliseconds. */
export const SILENCE = 3000

/**
 * Who coordinates. It spares work alone: two who both think they do cannot harm, since every change of the round is a
 * compare-and-set.
 */
export interface Lease {
  /** Renews the lease, or takes it where nobody holds it or its holder has fallen silent. Whether it is held. */
  hold(): Promise<boolean>
}

export function leaseOf({ values }: Transport, holder: string, { now }: Pick<Clock, 'now'>): Lease {
  const key = NAMES.lease
  let seen: { revision: number; at: number } | undefined
  return {
    async hold() {
      const own = await values.get(key)
      const { holder: other = holder } = own ? (fromJson(own.value) as { holder?: string }) : {}
      if (own && other !== holder) {
        if (seen?.revision !== own.revision) seen = { revision: own.revision, at: now() }
        if (now() - seen.at < SILENCE) return false
      }
      try {
        await values.put(key, toJson({ holder }), own?.revision ?? 0)
        return true
      } catch (error) {
        if (error instanceof ConflictError) return false
        throw error
      }
    },
  }
}
