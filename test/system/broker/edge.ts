import { setTimeout as wait } from 'node:timers/promises'
import { crc32 } from '../../../src/distributed/crc.js'
import {
  ConflictError,
  FullError,
  type Message,
  type Stream,
  type StreamLimits,
} from '../../../src/distributed/transport.js'

/** One edge of a pipeline, as small as it can be: steps that only grow by one. */
export const EDGE = 'edge.1'
export const LIMITS: StreamLimits = {
  subjects: ['edge.>'],
  mostPerSubject: 32,
  mostBytes: 2 ** 25,
  mostMessageBytes: 2 ** 17,
}

export const stepOf = ({ headers }: Message): number => Number(headers.step)

const payloadOf = (step: number): Uint8Array => new Uint8Array(2 ** 16 - (step % 7)).fill(step)

/** Somebody else writes to the edge. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}

/** Publishes the steps up to `count` from where the edge stands; `pause` in milliseconds between them. */
export async function produce(
  stream: Stream,
  count: number,
  pause = 0,
  onStep = (_: number): void => {},
): Promise<void> {
  const last = await stream.last(EDGE)
  let [step, sequence] = last ? [stepOf(last), last.sequence] : [0, 0]
  while (step < count) {
    const payload = payloadOf(step + 1)
    const message = { subject: EDGE, headers: { step: `${step + 1}`, crc: `${crc32(payload)}` }, payload }
    try {
      sequence = await stream.publish(message, sequence)
    } catch (error) {
      if (error instanceof FullError) {
        await wait(10)
        continue
      }
      if (!(error instanceof ConflictError)) throw error
      // Ours, with the answer lost, or another's.
      const now = (await stream.last(EDGE))!
      if (stepOf(now) !== step + 1) throw new FencedError(`step ${stepOf(now)} is there, not ${step + 1}`)
      sequence = now.sequence
    }
    onStep(++step)
    if (pause > 0) await wait(pause)
  }
}

/** Takes the steps up to `count`, each once and whole, and makes room every 10 steps. */
export async function consume(stream: Stream, count: number, onStep = (_: number): void => {}): Promise<number[]> {
  const steps: number[] = []
  const enough = new AbortController()
  for await (const message of stream.read(EDGE, 0, enough.signal)) {
    const step = stepOf(message)
    if (step <= steps.length) continue
    if (crc32(message.payload) !== Number(message.headers.crc)) throw new Error(`step ${step} is damaged`)
    steps.push(step)
    onStep(step)
    if (step % 10 === 0) await stream.purge(EDGE, message.sequence)
    if (step === count) enough.abort()
  }
  return steps
}
