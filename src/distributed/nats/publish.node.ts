import { headers as newHeaders } from '@nats-io/transport-node'
import type { Connection } from './connection.node.js'

export interface Post {
  readonly subject: string
  readonly payload: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** The sequence that the last message of the subject must have. */
  readonly after?: number | undefined
}

/** In milliseconds. Whoever waits less sends the whole message again over a slow line, and it gets slower still. */
const patienceFor = (bytes: number): number => 2000 + bytes / 256

/** One attempt to store a message; its sequence comes back. */
export async function post({ js }: Connection, { subject, payload, headers = {}, after }: Post): Promise<number> {
  const all = newHeaders()
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  const { seq } = await js.publish(subject, payload, {
    timeout: patienceFor(payload.length),
    headers: all,
    // Never a message id: who publishes one first, on any subject of the stream, keeps a later message out.
    ...(after !== undefined && { expect: { lastSubjectSequence: after } }),
  })
  return seq
}
