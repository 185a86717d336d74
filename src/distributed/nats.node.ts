import { setTimeout as wait } from 'node:timers/promises'
import type { Credentials } from './credentials.node.js'
import { type Connection, connectTo, isUnreachable, type Notices } from './nats/connection.node.js'
import { type Names, namesOf } from './nats/names.js'
import { objectsIn } from './nats/objects.node.js'
import { streamOf } from './nats/stream.node.js'
import { valuesIn } from './nats/values.node.js'
import type { Hint, Transport } from './transport.js'

/** In bytes, of all objects of a run. */
const MOST_OBJECTS = 8 * 2 ** 30

/** More than these that nobody took yet are lost, the oldest first: a flood fills no memory. */
const MOST_HINTS = 1000

/** Between two tries to connect, ms. */
const PAUSE = 200

export { isUnreachable }

export interface NatsOptions extends Notices {
  /** The bytes that all objects may have, where this one makes their store. */
  readonly mostObjects?: number
}

/**
 * The engine on NATS JetStream, for workers on many machines. The credentials name the run. A client's give no right to
 * make anything: it finds what a worker has made. Throws a `UserError` where the server cannot be reached.
 */
export async function natsTransport(
  url: string,
  credentials: Credentials,
  { mostObjects = MOST_OBJECTS, ...notices }: NatsOptions = {},
): Promise<Transport> {
  const connection = await connectTo(url, credentials, notices)
  const names = namesOf(credentials.run)
  const make = credentials.role === 'worker'
  try {
    return {
      engine: 'nats',
      values: await valuesIn(connection, names.bucket, make),
      objects: await objectsIn(connection, names.bucket, make ? mostObjects : undefined),
      stream: (name, limits) => streamOf(connection, names, name, limits, make),
      hint(subject, payload) {
        if (!connection.core.isClosed()) connection.core.publish(names.subject(subject), payload)
      },
      hints: (subject, signal) => hintsOf(connection, names, subject, signal),
      close: connection.close,
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

/**
 * The same for who may wait: a server that is paused, or being started again, is tried until it answers. Undefined where
 * the signal came first.
 */
export async function awaitTransport(
  url: string,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<Transport | undefined> {
  while (!signal.aborted)
    try {
      return await natsTransport(url, credentials)
    } catch (error) {
      if (!isUnreachable(error)) throw error
      await wait(PAUSE)
    }
  return undefined
}

async function* hintsOf(
  { core }: Connection,
  names: Names,
  subject: string,
  signal: AbortSignal,
): AsyncGenerator<Hint> {
  const come: Hint[] = []
  let failure: Error | undefined
  let wake = (): void => {}
  const subscription = core.subscribe(names.subject(subject), {
    callback(error, message) {
      if (error) failure = error
      else come.push({ subject: names.own(message.subject), payload: new Uint8Array(message.data) })
      if (come.length > MOST_HINTS) come.shift()
      wake()
    },
  })
  const end = (): void => wake()
  signal.addEventListener('abort', end)
  try {
    while (!signal.aborted) {
      if (failure) throw failure
      const next = come.shift()
      if (next) yield next
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    signal.removeEventListener('abort', end)
    subscription.unsubscribe()
  }
}
