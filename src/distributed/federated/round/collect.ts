import type { Stream } from '../../transport.js'
import { normOf } from '../aggregate/update.js'
import type { Bell } from '../clock.js'
import { RefusedError, receiveParts } from '../wire/parts.js'
import { decodeUpload } from '../wire/upload.js'
import type { CoordinatorConfig, CoordinatorEvent } from './config.js'
import { deadlineOf, firstDeadlineOf, longestOf, verdictOn } from './deadline.js'
import { joinedOf, wantedIn } from './open.js'
import { lastOf, type RoundState } from './state.js'
import type { Contribution, Taken } from './work.js'

/** An upload that counts. */
export interface Arrived extends Taken {
  readonly hash: string
  readonly bytes: number
  readonly fetched: number
  readonly loss?: number | undefined
}

/** Reads and checks an upload; undefined where it is not there. Throws a RefusedError that says why it does not count. */
export async function takeUpload(
  { run, work }: Pick<CoordinatorConfig, 'run' | 'work'>,
  uploads: Stream,
  { round, turn, model, norms }: Pick<RoundState, 'round' | 'turn' | 'model' | 'norms'>,
  client: string,
): Promise<Arrived | undefined> {
  const received = await receiveParts(uploads, round, client, work.mostBytes(turn))
  if (!received) return undefined
  try {
    const file = decodeUpload(received.bytes)
    const { claims } = file
    for (const [what, own] of Object.entries({ run, client, round, model }))
      if (claims[what as 'run'] !== own) throw new Error(`it is of the ${what} ${claims[what as 'run']}, not ${own}`)
    const { samples, loss, fetched } = claims
    const contribution: Contribution = work.check(turn, file, { samples, norms })
    return { client, samples, contribution, hash: received.hash, bytes: received.bytes.length, fetched, loss }
  } catch (error) {
    throw new RefusedError((error as Error).message, { cause: error })
  }
}

/** How a round ended, and what its uploads tell of the next ones. */
export interface Collected {
  readonly verdict: 'close' | 'fail'
  readonly arrived: readonly Arrived[]
  readonly seconds: readonly number[]
}

/**
 * Waits for the uploads of a round until it closes or fails; undefined where the signal came first. One that took over
 * counts the time from then on, and learns nothing of how long clients take from uploads that were there before it.
 */
export async function* collect(
  config: CoordinatorConfig,
  { joins, uploads }: { readonly joins: Stream; readonly uploads: Stream },
  state: RoundState,
  bell: Bell,
  /** Renews the lease; false where another coordinator holds it now. */
  hold: () => Promise<boolean>,
): AsyncGenerator<CoordinatorEvent, Collected | undefined> {
  const { clock, signal, poll, patient, gone = new Set() } = config
  const { round, selected } = state
  const joined = await joinedOf(config, joins)
  const trials = selected.flatMap((client) => joined.get(client)?.seconds ?? [])
  const usual = state.seconds.length > 0 ? deadlineOf(state.seconds) : firstDeadlineOf(trials)
  // Clients that are started anew need longer than rounds of tenths of a second.
  const deadline = usual * 2 ** state.failed
  const wanted = patient ? selected.length : Math.min(wantedIn(config), selected.length)
  const arrived = new Map<string, Arrived>()
  const refused = new Set<string>()
  const seconds: number[] = []
  const begin = clock.now()
  let quorumAt: number | undefined
  let isFirstLook = true
  while (!signal.aborted && (await hold())) {
    const elapsed = (clock.now() - begin) / 1000
    for (const client of selected) {
      if (arrived.has(client) || refused.has(client)) continue
      try {
        const own = await takeUpload(config, uploads, state, client)
        if (!own) continue
        arrived.set(client, own)
        if (!isFirstLook) seconds.push(elapsed)
        const { samples, loss, bytes, fetched } = own
        const told = { client, samples, bytes, fetched, seconds: elapsed, ...(loss !== undefined && { loss }) }
        yield { event: 'update', round, ...told }
      } catch (error) {
        // What goes wrong with the engine is no fault of the client.
        if (!(error instanceof RefusedError)) throw error
        refused.add(client)
        yield { event: 'refused', round, client, reason: error.message }
      }
    }
    if (arrived.size >= wanted) quorumAt ??= elapsed
    const coming = selected.filter((client) => !arrived.has(client) && !refused.has(client) && !gone.has(client))
    const open = coming.length
    const verdict =
      patient && open > 0 && (patient === true || elapsed < longestOf(deadline))
        ? 'wait'
        : verdictOn({ elapsed, deadline, arrived: arrived.size, open, wanted, quorumAt }, state.seconds)
    if (verdict !== 'wait')
      return { verdict, arrived: [...arrived.values()], seconds: lastOf([...state.seconds, ...seconds]) }
    const isLate = elapsed > deadline
    yield { event: 'waiting', round, missing: isLate ? coming : [] }
    isFirstLook = false
    await bell.wait(poll)
  }
  return undefined
}

/** Norms of the updates among uploads, beside those of rounds before. */
export const normsAfter = (norms: readonly number[], uploads: readonly Taken[]): number[] =>
  lastOf([
    ...norms,
    ...uploads.flatMap(({ contribution }) => ('delta' in contribution ? [normOf(contribution.delta)] : [])),
  ])
