import type { Transport } from '../../transport.js'
import { bellOf, type Clock } from '../clock.js'
import { objectCache, type Tensors } from '../model.js'
import { NAMES, toJson } from '../names.js'
import { encodeJoin } from '../round/open.js'
import { type RoundState, readRound } from '../round/state.js'
import { joinStream, uploadStream } from '../round/streams.js'
import { publishOnce, sendParts } from '../wire/parts.js'
import type { UploadTensor } from '../wire/tensors.js'
import { encodeUpload } from '../wire/upload.js'

/** What a client makes of a turn. */
export interface Lesson {
  readonly tensors: readonly UploadTensor[]
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
  /** How many there are. */
  readonly clients: number
  /** Hides what it sends from those who see the hash of it. */
  readonly salted?: boolean | undefined
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
  const { transport, client } = config
  let last: Uint8Array | undefined
  const say = (): void => last && transport.hint(NAMES.alive(client), last)
  // One that waits for its turn in its process, or makes a long step, is alive.
  const beat = setInterval(say, BEAT)
  try {
    return await taking(config, (about) => {
      last = toJson(about)
      say()
    })
  } finally {
    clearInterval(beat)
  }
}

async function taking(
  config: ClientConfig,
  say: (about: Readonly<Record<string, unknown>>) => void,
): Promise<ClientEnd> {
  const { transport, run, client, clients, salted, learner, clock, poll, signal } = config
  const bell = bellOf(transport.hints(NAMES.changed, signal), clock, signal)
  const objects = objectCache(transport, run)
  const { samples, seconds } = learner
  // One that came before has said so.
  const joins = await joinStream(transport, clients)
  const there = { subject: NAMES.join(client), headers: {}, payload: encodeJoin({ samples, seconds }) }
  await publishOnce(joins, there, signal)
  let sent = 0
  let answered = 0
  const tell = (about: Readonly<Record<string, unknown>>): void => say({ ...about, sent, fetched: objects.fetched() })
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
    const isOver = async (): Promise<boolean> => {
      const now = (await readRound(transport))?.state
      return now?.round !== round || !isAsked(now, client)
    }
    const goOn = async (progress: number): Promise<boolean> => {
      tell({ doing: 'learning', round, progress })
      return !signal.aborted && !(await isOver())
    }
    const before = objects.fetched()
    let bytes: Uint8Array
    let loss: number | undefined
    try {
      const tensors = await objects.tensors(model)
      const fetched = objects.fetched() - before
      const lesson = await learner.learn(turn, round, tensors, goOn)
      if (!lesson) continue
      loss = lesson.loss
      const salt = salted && { salt: crypto.randomUUID() }
      const claims = { run, client, round, model, samples, fetched, ...(loss !== undefined && { loss }), ...salt }
      bytes = encodeUpload(claims, lesson.tensors)
      const uploads = await uploadStream(transport, round, { clients, most: bytes.length })
      const send = (stop: AbortSignal): Promise<void> => sendParts(uploads, round, client, bytes, stop)
      if (!(await inTime(send, isOver, config))) continue
    } catch (error) {
      // Models and streams of rounds that are over are deleted: who is late finds them gone.
      if (!signal.aborted && !(await isOver())) throw error
      continue
    }
    answered = round
    sent += bytes.length
    tell({ doing: 'waiting', round, progress: 1, ...(loss !== undefined && { loss }) })
  }
  return 'aborted'
}

/** Milliseconds between two signs of life. */
const BEAT = 1000

/** Milliseconds between two looks whether a round still waits for what is being sent. */
const LOOK = 500

/** Whether something was sent before its round was over: a broker does not say that nobody takes it any more. */
async function inTime(
  send: (stop: AbortSignal) => Promise<void>,
  isOver: () => Promise<boolean>,
  { clock, signal }: Pick<ClientConfig, 'clock' | 'signal'>,
): Promise<boolean> {
  const left = new AbortController()
  const sent = send(AbortSignal.any([signal, left.signal])).then(() => !signal.aborted)
  sent.catch(() => undefined)
  try {
    while (!signal.aborted) {
      const slept = new AbortController()
      const look = clock.sleep(LOOK, AbortSignal.any([signal, slept.signal])).then(() => false)
      const isSent = await Promise.race([sent, look])
      slept.abort()
      if (isSent) return true
      if (await isOver()) return false
    }
    return false
  } finally {
    left.abort()
  }
}

const isAsked = ({ phase, selected }: RoundState, client: string): boolean =>
  phase === 'collecting' && selected.includes(client)
