import { UserError } from '../../../errors.js'
import { MOST_PARTS } from '../../rights.js'
import { FullError, type Message, type Stream, TakenError } from '../../transport.js'
import { systemClock } from '../clock.js'
import { hashOf, NAMES } from '../names.js'

/** Bytes of one message that a broker carries fast, and the most that it takes. */
const FAST = 2 ** 20
const MOST_PART = 8 * FAST

/** The parts of an upload of so many bytes: they grow where there would be too many. */
export const partsOf = (bytes: number): number => Math.min(MOST_PARTS, Math.max(1, Math.ceil(bytes / FAST)))

/** The most bytes of a part where uploads have at most so many. */
export const mostPartOf = (most: number): number =>
  Math.min(MOST_PART, Math.max(Math.min(most, FAST), Math.ceil(most / MOST_PARTS)))

const tooLarge = (bytes: number): string =>
  `an upload of ${bytes} bytes does not fit into ${MOST_PARTS} messages: send 8 bits, or one layer a round`

/** What was sent whole, and its hash. */
export interface Received {
  readonly bytes: Uint8Array
  readonly hash: string
}

/**
 * Sends an upload in parts, each on a subject that takes one message. What lies there already stays: a client that sent
 * it before its end sends nothing again.
 */
export async function sendParts(
  stream: Stream,
  round: number,
  client: string,
  bytes: Uint8Array,
  signal: AbortSignal = NEVER,
): Promise<void> {
  const parts = partsOf(bytes.length)
  const size = Math.ceil(bytes.length / parts)
  if (size > MOST_PART) throw new UserError(tooLarge(bytes.length))
  const headers = { parts: `${parts}`, hash: await hashOf(bytes) }
  // The first part comes last: where it is, all are.
  for (let part = parts - 1; part >= 0; part--) {
    const payload = bytes.subarray(part * size, (part + 1) * size)
    await publishOnce(stream, { subject: NAMES.upload(round, client, part), headers, payload }, signal)
  }
}

const NEVER = new AbortController().signal

/** Between two tries where the engine has no room, ms. */
const PATIENCE = 500

/**
 * Stores the one message that a subject takes, unless it is there. An engine without room, as on a full disk, is asked
 * again until it has some or the signal comes: what was never stored must not count as sent.
 */
export async function publishOnce(
  stream: Stream,
  message: Omit<Message, 'sequence'>,
  signal: AbortSignal = NEVER,
): Promise<void> {
  while (!signal.aborted)
    try {
      await stream.publish(message)
      return
    } catch (error) {
      if (error instanceof TakenError) return
      if (!(error instanceof FullError)) throw error
      await systemClock.sleep(PATIENCE, signal)
    }
}

/** An upload that does not count, and why. Other errors are those of the engine. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

/**
 * An upload, or undefined where it is not there yet. Throws a RefusedError where its parts do not belong together or it is
 * larger than `most` bytes.
 */
export async function receiveParts(
  stream: Stream,
  round: number,
  client: string,
  most: number,
): Promise<Received | undefined> {
  const first = await stream.last(NAMES.upload(round, client, 0))
  if (!first) return undefined
  const { parts: text, hash } = first.headers
  const parts = Number(text)
  if (!(Number.isInteger(parts) && parts >= 1 && parts <= partsOf(most)))
    throw new RefusedError(`it has ${text} parts, and ${partsOf(most)} would be the most`)
  const payloads = [first.payload]
  for (let part = 1; part < parts; part++) {
    const own = await stream.last(NAMES.upload(round, client, part))
    if (!own) return undefined
    if (own.headers.hash !== hash || own.headers.parts !== text)
      throw new RefusedError('its parts belong to different uploads')
    payloads.push(own.payload)
  }
  const length = payloads.reduce((sum, payload) => sum + payload.length, 0)
  if (length > most) throw new RefusedError(`it has ${length} bytes, more than ${most}`)
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const payload of payloads) {
    bytes.set(payload, offset)
    offset += payload.length
  }
  if ((await hashOf(bytes)) !== hash) throw new RefusedError('it is not what its hash says')
  return { bytes, hash }
}
