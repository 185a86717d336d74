import { UserError } from '../../errors.js'
import type { TensorRecord } from '../../runtime/index.js'
import type { Plan } from '../../train/plan.js'
import type { Stream, Values } from '../transport.js'
import { type Chunk, chunksFrom, type Place } from './chunks.js'
import type { Port } from './cut.js'
import { chunkOf, decodeHanded } from './message.js'
import type { Standing } from './standing.js'

/** What a stage is to do next: a chunk with what came up for it, or to end, where `chunk` is left out. */
export interface Task {
  readonly chunk?: Chunk
  readonly taken: TensorRecord
  /** The place after it. */
  readonly place: Place
  /** Of the message that it came with. */
  readonly sequence: number
}

/** Between two looks at whether the run is to be stopped, ms. */
const LOOK = 200

/** The work of the lowest stage: the plan itself, until its end or until the run is to be stopped. */
export async function* fromPlan(
  values: Values,
  stopKey: string,
  plan: Plan,
  from: Standing,
  size: number,
): AsyncGenerator<Task> {
  let place: Place = { chunk: from.chunk, at: from.at }
  let looked = Number.NEGATIVE_INFINITY
  for (const chunk of chunksFrom(plan, from, size)) {
    if (performance.now() - looked >= LOOK) {
      if (await values.get(stopKey)) break
      looked = performance.now()
    }
    place = { chunk: chunk.number, at: chunk.end }
    yield { chunk, taken: {}, place, sequence: 0 }
  }
  yield { taken: {}, place, sequence: 0 }
}

/** The work of a stage above: what comes up the edge below it, each message once. Throws a UserError at a gap. */
export async function* fromEdge(
  stream: Stream,
  subject: string,
  plan: Plan,
  from: Standing,
  size: number,
  portsOf: (step: string) => readonly Port[],
  signal: AbortSignal,
): AsyncGenerator<Task> {
  let place: Place = { chunk: from.chunk, at: from.at }
  const chunks = chunksFrom(plan, from, size)
  for await (const message of stream.read(subject, from.sequence, signal)) {
    const number = chunkOf(message)
    const { sequence } = message
    if (number <= place.chunk) continue
    if (number > place.chunk + 1)
      throw new UserError(
        `message ${number} of ${subject} came after ${place.chunk}: those between are lost. Resume the run from its last epoch (--resume)`,
      )
    if (message.headers['onward-last']) {
      yield { taken: {}, place, sequence }
      return
    }
    const next = chunks.next()
    if (next.done) throw new UserError(`message ${number} of ${subject} came after the end of the training`)
    const chunk = next.value
    const { values } = decodeHanded(message, portsOf(chunk.call.step), chunk.call.runs)
    place = { chunk: number, at: chunk.end }
    yield { chunk, taken: values, place, sequence }
  }
}
