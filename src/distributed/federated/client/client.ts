import { FullError, type Stream, type Transport } from '../../transport.js'
import { bellOf, type Clock } from '../clock.js'
import { objectCache, type Tensors } from '../model.js'
import { NAMES, toJson } from '../names.js'
import { encodeJoin } from '../round/open.js'
import { type RoundState, readRound } from '../round/state.js'
import { sendParts } from '../wire/parts.js'
import type { WireTensor } from '../wire/tensors.js'
import { encodeUpload } from '../wire/upload.js'

/** What a client makes of a turn. */
export interface Lesson {
  readonly tensors: readonly WireTensor[]
  readonly loss?: number | undefined
}

/** The part of a client that learns, on data that only it sees. */
export interface Learner {
  readonly samples: number
  /** Seconds that a turn takes, by a trial step. */
  readonly seconds: number
  /**
   * Learns for a turn from a model on. `goOn` is asked now and then, with the part that is done: where it says no, the
   * round is over, and what was learned is thrown away (undefined).
   */
  learn(
    turn: number,
    round: number,
    model: Tensors,
    goOn: (done: number) => Promise<boolean>,
  ): Promise<Lesson | undefined>
}

export interface ClientConfig {
  readonly transport: Transport
  readonly run: string
  readonly client: string
  readonly learner: Learner
  readonly uploads: Stream
  readonly clock: Clock
  /** Milliseconds between two looks at the round. */
  readonly poll: number
  readonly signal: AbortSignal
}

/** The signal came. */
export type ClientEnd = 'done' | 'aborted'

/**
 * Takes part in a run until it is done or the signal comes. All that it needs it reads from the round's state, again and
 * again; hints spare it the wait. It promises nothing: it may end at any moment and come again.
 */
export async function takePart(config: ClientConfig): Promise<ClientEnd> {
  const { transport, run, client, learner, uploads, clock, poll, signal } = config
  const bell = bellOf(transport.hints(NAMES.changed, signal), clock, signal)
  const objects = objectCache(transport, run)
  const { samples, seconds } = learner
  await join(uploads, client, encodeJoin({ samples, seconds }))
  let sent = 0
  let answered = 0
  const tell = (about: Readonly<Record<string, unknown>>): void =>
    transport.hint(NAMES.alive(client), toJson({ ...about, sent, fetched: objects.fetched() }))
  tell({ doing: 'waiting' })
  while (!signal.aborted) {
    const state = (await readRound(transport))?.state
    if (state?.phase === 'done') return 'done'
    if (!state || state.round === answered || !isAsked(state, client)) {
      tell({ doing: 'waiting' })
      await bell.wait(poll)
      continue
    }
    const { round, turn, model } = state
    const before = objects.fetched()
    const tensors = await objects.tensors(model)
    const fetched = objects.fetched() - before
    const goOn = async (progress: number): Promise<boolean> => {
      tell({ doing: 'learning', round, progress })
      if (signal.aborted) return false
      const now = (await readRound(transport))?.state
      return now?.round === round && isAsked(now, client)
    }
    const lesson = await learner.learn(turn, round, tensors, goOn)
    if (!lesson) continue
    const { loss } = lesson
    const claims = { run, client, round, model, samples, fetched, ...(loss !== undefined && { loss }) }
    const bytes = encodeUpload(claims, lesson.tensors)
    await sendParts(uploads, round, client, bytes)
    answered = round
    sent += bytes.length
    tell({ doing: 'waiting', round, progress: 1, ...(loss !== undefined && { loss }) })
  }
  return 'aborted'
}

const isAsked = ({ phase, selected }: RoundState, client: string): boolean =>
  phase === 'collecting' && selected.includes(client)

/** Says that it is there. One that came before has said so. */
async function join(uploads: Stream, client: string, payload: Uint8Array): Promise<void> {
  try {
    await uploads.publish({ subject: NAMES.join(client), headers: {}, payload })
  } catch (error) {
    if (!(error instanceof FullError)) throw error
  }
}
