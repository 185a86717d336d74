import { z } from 'zod'
import { permutation } from '../../../data/batches.js'
import { stream as randomStream } from '../../../random/stream.js'
import type { Stream } from '../../transport.js'
import type { Bell } from '../clock.js'
import { fromJson, NAMES, toJson } from '../names.js'
import type { CoordinatorConfig, CoordinatorEvent } from './config.js'
import { askedFor, wantedOf } from './deadline.js'
import type { RoundState } from './state.js'

const join = z.strictObject({ samples: z.int().min(1), seconds: z.number().positive() })

/** What a client says when it comes: how many samples it has, and how long a turn will take it by a trial step. */
export type Join = z.infer<typeof join>

export const encodeJoin = (own: Join): Uint8Array<ArrayBuffer> => toJson(own)

export const wantedIn = ({ wanted, clients }: Pick<CoordinatorConfig, 'wanted' | 'clients'>): number =>
  wanted ?? wantedOf(clients.length)

/** The clients that are there, as they said when they came. What cannot be read is no client. */
export async function joinedOf(
  { clients }: Pick<CoordinatorConfig, 'clients'>,
  joins: Stream,
): Promise<Map<string, Join>> {
  const joined = new Map<string, Join>()
  for (const client of clients) {
    const message = await joins.last(NAMES.join(client))
    if (!message) continue
    try {
      joined.set(client, join.parse(fromJson(message.payload)))
    } catch {}
  }
  return joined
}

/**
 * Waits for clients and chooses those of a round: at random by its number, those that missed two rounds in a row last.
 * Undefined where the signal came first. Once enough are there, the others have half as long again.
 */
export async function* choose(
  config: CoordinatorConfig,
  joins: Stream,
  state: RoundState,
  bell: Bell,
): AsyncGenerator<CoordinatorEvent, readonly string[] | undefined> {
  const { clients, seed, patient, clock, poll, signal, gone = new Set() } = config
  const wanted = wantedIn(config)
  const begin = clock.now()
  let enoughAt: number | undefined
  while (!signal.aborted) {
    const there = [...(await joinedOf(config, joins)).keys()].filter((client) => !gone.has(client))
    const missing = clients.filter((client) => !there.includes(client) && !gone.has(client))
    const waited = clock.now() - begin
    if (there.length >= wanted) enoughAt ??= waited
    const isEnough = enoughAt !== undefined && !patient && waited >= 1.5 * enoughAt
    if ((missing.length === 0 && there.length > 0) || isEnough) {
      const order = permutation(there.length, randomStream(seed, state.round, 'clients of a round'))
      const isLost = (client: string): boolean => (state.missed[client] ?? 0) >= 2
      const drawn = Array.from(order, (place) => there[place]!).sort((a, b) => Number(isLost(a)) - Number(isLost(b)))
      const asked = patient ? there.length : askedFor(wanted, there.length)
      return drawn.slice(0, config.wanted === undefined ? asked : askedFor(wanted, there.length)).sort()
    }
    yield { event: 'waiting', round: state.round, missing }
    await bell.wait(poll)
  }
  return undefined
}
