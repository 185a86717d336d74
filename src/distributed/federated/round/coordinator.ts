import { UserError } from '../../../errors.js'
import { ConflictError, type Stream } from '../../transport.js'
import { bellOf } from '../clock.js'
import { forgetBefore, objectCache, publishModel } from '../model.js'
import { NAMES } from '../names.js'
import { RefusedError } from '../wire/parts.js'
import { type Arrived, collect, normsAfter, takeUpload } from './collect.js'
import type { CoordinatorConfig, CoordinatorEvent } from './config.js'
import { leaseOf } from './lease.js'
import { choose } from './open.js'
import { type RoundState, readRound, writeRound } from './state.js'
import { joinStream, uploadStream } from './streams.js'
import type { Standing } from './work.js'

/** Rounds of one turn that may fail, one after the other. */
const MOST_FAILED = 5

/**
 * Coordinates the rounds of a run from wherever its state says that they are, to their end or until the signal. Any
 * number of coordinators may run at a time: one works, the others stand by. All that has to be remembered is one value,
 * which moves by compare-and-set; what a coordinator did before it died is done again by the next one, with the same
 * result. Throws a UserError where rounds keep failing.
 */
export async function* coordinate(config: CoordinatorConfig): AsyncGenerator<CoordinatorEvent> {
  const { transport, run, clock, poll, signal, work } = config
  const joins = await joinStream(transport, config.clients.length)
  const uploadsOf = ({ round, turn }: Pick<RoundState, 'round' | 'turn'>): Promise<Stream> =>
    uploadStream(transport, round, { clients: config.clients.length, most: work.mostBytes(turn) })
  const lease = leaseOf(transport, config.holder, clock)
  const bell = bellOf(transport.hints(NAMES.allAlive, signal), clock, signal)
  while (!signal.aborted) {
    if (!(await lease.hold())) {
      if ((await readRound(transport))?.state.phase === 'done') return
      await bell.wait(poll)
      continue
    }
    try {
      const own = await readRound(transport)
      if (!own || isBehind(own.state, config)) {
        await begin(config, own?.revision ?? 0)
        continue
      }
      const { state, revision } = own
      const write = (next: Partial<RoundState>): Promise<number> =>
        writeRound(transport, { ...state, ...next }, revision)
      const again = async (why: string, more: Partial<RoundState> = {}): Promise<void> => {
        await write({ ...nextTry(state), ...more })
        if (isLastTry(state)) throw tooMany(state, why)
      }
      if (state.phase === 'open') {
        // Nothing of a round before counts any more, whichever way it ended.
        if (state.round > 1) await (await uploadsOf({ ...state, round: state.round - 1 })).delete()
        const selected = yield* choose(config, joins, state, bell)
        if (!selected) continue
        await uploadsOf(state)
        yield { event: 'round', round: state.round, turn: state.turn, asked: selected }
        await write({ phase: 'collecting', selected: [...selected] })
      } else if (state.phase === 'collecting') {
        const streams = { joins, uploads: await uploadsOf(state) }
        const collected = yield* collect(config, streams, state, bell, () => lease.hold())
        if (!collected) continue
        const { verdict, arrived, seconds } = collected
        const answered = new Set(arrived.map(({ client }) => client))
        const missed = { ...state.missed }
        for (const client of state.selected) missed[client] = answered.has(client) ? 0 : (missed[client] ?? 0) + 1
        if (verdict === 'fail') {
          yield { event: 'failed', round: state.round, turn: state.turn, answers: arrived.length }
          await again(`it had ${arrived.length} answers`, { missed, seconds: [...seconds] })
        } else {
          const accepted = arrived.map(({ client, samples, hash }) =>
            work.isPrivate ? { client, hash } : { client, samples, hash },
          )
          accepted.sort((a, b) => (a.client < b.client ? -1 : 1))
          await write({ phase: 'aggregating', accepted, missed, seconds: [...seconds] })
        }
      } else if (state.phase === 'aggregating') {
        const merged = await merge(config, await uploadsOf(state), state)
        if (typeof merged !== 'string') await write({ phase: 'published', ...merged })
        else {
          const { round, turn, accepted } = state
          yield { event: 'failed', round, turn, answers: accepted.length }
          await again(merged)
        }
      } else if (state.phase === 'published') {
        const { round, turn, model, selected, accepted } = state
        const whose = accepted.map(({ client }) => client)
        yield { event: 'published', round, turn: turn + 1, model, asked: selected.length, accepted: whose }
        const isLast = turn + 1 === work.turns
        await forgetBefore(transport, run, model)
        if (isLast) await (await uploadsOf(state)).delete()
        const next = { round: round + 1, turn: turn + 1, failed: 0, selected: [], accepted: [] }
        await write(isLast ? { phase: 'done' } : { phase: 'open', ...next })
      } else return
    } catch (error) {
      // Another coordinator was first: its state is the one to go on with.
      if (!(error instanceof ConflictError)) throw error
    }
  }
}

const isLastTry = ({ failed }: RoundState): boolean => failed + 1 >= MOST_FAILED

/**
 * The round after one that failed: of the same turn. It is written even where too many have, and counts them anew then:
 * a run that goes on later must not meet the round that it ended with.
 */
const nextTry = (state: RoundState): Partial<RoundState> => ({
  ...{ phase: 'open', round: state.round + 1, selected: [], accepted: [] },
  failed: isLastTry(state) ? 0 : state.failed + 1,
})

const tooMany = ({ turn, failed }: RoundState, why: string): UserError =>
  new UserError(
    `${failed + 1} rounds of turn ${turn + 1} failed, one after the other. Of the last one: ${why}. ` +
      'Look whether the clients run, and go on with --resume.',
  )

/**
 * Whether the engine keeps less than what the run has behind it: the run went on by another engine, or the store is an
 * older copy. Rounds that were made are not made again.
 */
const isBehind = ({ phase, turn }: RoundState, { from }: CoordinatorConfig): boolean =>
  phase !== 'done' && turn + (phase === 'published' ? 1 : 0) < (from?.turn ?? 0)

/** The first model, and the state that the rounds begin with. */
async function begin(
  { transport, run, layout, work, initial, from }: CoordinatorConfig,
  revision: number,
): Promise<void> {
  const { round, turn } = from ?? { round: 1, turn: 0 }
  const about = { run, round: round - 1, turn, before: null, inputs: [], rule: 'initial' }
  const model = await publishModel(transport, layout, await initial(), {}, about)
  const first: RoundState = {
    ...{ version: 1, phase: turn < work.turns ? 'open' : 'done', round, turn, failed: 0, model },
    ...{ selected: [], accepted: [], missed: {}, seconds: [], norms: [] },
  }
  await writeRound(transport, first, revision)
}

/** Makes the model of the uploads that the state names, and stores it; a text says why none can be made of them. */
async function merge(
  config: CoordinatorConfig,
  uploads: Stream,
  state: RoundState,
): Promise<Pick<RoundState, 'model' | 'norms'> | string> {
  const { transport, run, work, layout, rule } = config
  const { round, turn, norms, selected } = state
  const objects = objectCache(transport, run)
  const before = { tensors: await objects.tensors(state.model), server: await objects.server(state.model) }
  const taken = []
  for (const { client, hash } of state.accepted) {
    const own = await storedUpload(config, uploads, state, client)
    if (own?.hash !== hash) return `the upload of ${client} is gone: the server lost data`
    taken.push(own)
  }
  let after: Standing
  try {
    after = work.merge(turn, before, taken, { round, asked: selected.length, norms })
  } catch (error) {
    // As Krum, of too few: whoever answers next time may be enough.
    if (error instanceof UserError) return error.message
    throw error
  }
  const about = { run, round, turn: turn + 1, before: state.model, inputs: state.accepted, rule }
  const model = await publishModel(transport, layout, after.tensors, after.server, about)
  // Updates that get noise are clipped to a length that was said before: no norm has to be remembered.
  return { model, norms: work.isPrivate ? [] : normsAfter(norms, taken) }
}

/** An upload that was there and counted; undefined where the server has lost it, or a part of it. */
async function storedUpload(
  config: CoordinatorConfig,
  uploads: Stream,
  state: RoundState,
  client: string,
): Promise<Arrived | undefined> {
  try {
    return await takeUpload(config, uploads, state, client)
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}
