import { z } from 'zod'
import type { ClientTold } from '../../train/events.js'
import type { Transport } from '../transport.js'
import type { Clock } from './clock.js'
import { fromJson, NAMES } from './names.js'

const told = z.object({
  doing: z.enum(['waiting', 'learning']),
  round: z.int().optional(),
  progress: z.number().min(0).max(1).optional(),
  loss: z.number().optional(),
  sent: z.number().min(0),
  fetched: z.number().min(0),
})

/** What clients last told of themselves, for people to look at: hints, some of which are lost, and claims. */
export interface Statuses {
  now(): ClientTold[]
}

export function statusesOf(
  transport: Transport,
  clients: readonly string[],
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Statuses {
  const last = new Map<string, { at: number; told: z.infer<typeof told> }>()
  const listen = async (): Promise<void> => {
    for await (const { subject, payload } of transport.hints(NAMES.allAlive, signal)) {
      const client = subject.split('.').at(-1)!
      if (!clients.includes(client)) continue
      try {
        last.set(client, { at: clock.now(), told: told.parse(fromJson(payload)) })
      } catch {
        // A client that tells nonsense is not shown.
      }
    }
  }
  listen().catch(() => {})
  return {
    now: () =>
      clients.flatMap((client): ClientTold[] => {
        const own = last.get(client)
        if (!own) return []
        const { round, progress, loss, ...always } = own.told
        return [
          {
            ...{ client, ...always, silent: (clock.now() - own.at) / 1000 },
            ...(round !== undefined && { round }),
            ...(progress !== undefined && { progress }),
            ...(loss !== undefined && { loss }),
          },
        ]
      }),
  }
}
