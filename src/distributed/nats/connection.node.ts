import { setTimeout as wait } from 'node:timers/promises'
import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { AuthorizationError, connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import { UserError } from '../../errors.js'
import { reason } from '../../files.node.js'
import type { Credentials } from '../credentials.node.js'
import { explained, isAway, isUnanswered } from './failures.node.js'

/** What a connection tells of its server. */
export interface Notices {
  /** Of a server that goes away, and that is back: what was asked for is waited for. */
  readonly onAway?: ((isAway: boolean) => void) | undefined
  /** Of each request that has no answer for long (true), and that it has one at last (false). */
  readonly onSilent?: ((isSilent: boolean) => void) | undefined
}

/** A connection that comes back by itself, until it is closed. */
export interface Connection {
  readonly core: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  /**
   * Does `action`, and again whenever the server is away, so it must be one that can be repeated. `attempt` counts from 0:
   * after the first, an earlier one may have been done without our being told.
   */
  ask<T>(action: (attempt: number) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const PAUSE = 100
/** For requests that carry little; a lost server is noticed at once, by the connection. */
const PATIENCE = 2000
/** A request is told of as unanswered after so long (ms). */
const LONG = 15_000
/** How long a server that is there may be silent, or have nobody for a request: JetStream is up before it listens. */
const [SILENT, NOBODY] = [30_000, 5000]

/** Whether an error says that nobody answered, which may change; where credentials are refused, it does not. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof UserError && error.message.startsWith(UNREACHED) && !isRefused(error.cause)

/** A server that is kept waiting for an answer by a busy process ends the connection in the same way. */
const isRefused = (error: unknown): boolean => error instanceof AuthorizationError && !/timeout/i.test(error.message)

const UNREACHED = 'could not connect to '

/**
 * Connects to `url`, as `nats://HOST:PORT`. Throws a `UserError` where nobody answers or the credentials are refused.
 */
export async function connectTo(
  url: string,
  { seed, id }: Pick<Credentials, 'seed' | 'id'>,
  { onAway = () => undefined, onSilent = () => undefined }: Notices = {},
): Promise<Connection> {
  const core = await connect({
    servers: url,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
    name: `onward ${id}`,
    reconnectTimeWait: PAUSE,
    reconnectJitter: 0,
    maxReconnectAttempts: -1,
    timeout: PATIENCE,
    // A server that was cut off says nothing: two of these without an answer end the connection, and a new one is sought.
    pingInterval: 5000,
    noAsyncTraces: true,
    ...tlsFor(url),
  }).catch((error: unknown) => {
    const why = isRefused(error)
      ? `it refuses the credentials of ${id}: ask for new ones where the run was started`
      : `${reason(error)}: check the address, and that the run is up`
    throw new UserError(`${UNREACHED}${url}: ${why}`, { cause: error })
  })
  const { untilBack, untilLost } = watched(core, onAway)
  const options = { timeout: PATIENCE, checkAPI: false }
  const answered = async <T>(action: (attempt: number) => Promise<T>): Promise<T> => {
    let since: number | undefined
    for (let attempt = 0; ; attempt++) {
      await untilBack()
      const asked = performance.now()
      try {
        return await untilLost(action(attempt))
      } catch (error) {
        if (core.isClosed()) throw new Error('the connection to the broker is closed', { cause: error })
        if (!isAway(error)) throw explained(error)
        since = error instanceof LostError ? undefined : (since ?? asked)
        const silence = since === undefined ? 0 : performance.now() - since
        if (silence > (isUnanswered(error) ? NOBODY : SILENT))
          throw new Error('the broker does not answer this: what was asked for is gone', { cause: error })
      }
      await wait(PAUSE)
    }
  }
  return {
    core,
    js: jetstream(core, options),
    jsm: await jetstreamManager(core, options),
    async ask(action) {
      let isLong = false
      const timer = setTimeout(() => {
        isLong = true
        onSilent(true)
      }, LONG).unref()
      try {
        const answer = await answered(action)
        if (isLong) onSilent(false)
        return answer
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      // What was published last still leaves, if the server is there.
      await Promise.race([core.flush().catch(() => undefined), wait(PATIENCE, undefined, { ref: false })])
      await core.close()
    },
  }
}

/**
 * Where the address says tls, nothing goes without it, and the certificate must be of that host: left to itself, the
 * client goes on in the clear with a server that has none, and takes one of `localhost` for any address of numbers.
 */
function tlsFor(url: string): { tls?: object } {
  const address = URL.canParse(url) ? new URL(url) : undefined
  return address?.protocol === 'tls:' ? { tls: { host: address.hostname.replace(/^\[(.*)\]$/, '$1') } } : {}
}

/** The server went away while an answer was waited for: the client itself would wait for the whole of its time-out. */
class LostError extends Error {
  override readonly name = 'TimeoutError'
}

function watched(core: NatsConnection, onAway: (isAway: boolean) => void) {
  const failing = new Set<(error: Error) => void>()
  const waiting = new Set<() => void>()
  let isThere = true
  const arrive = (): void => {
    isThere = true
    for (const wake of waiting) wake()
    waiting.clear()
  }
  const leave = (error: Error): void => {
    for (const fail of failing) fail(error)
    failing.clear()
  }
  void (async () => {
    for await (const { type } of core.status()) {
      if (type === 'reconnect') {
        arrive()
        onAway(false)
      }
      if (type !== 'disconnect') continue
      isThere = false
      onAway(true)
      leave(new LostError('the server went away'))
    }
  })()
  void core.closed().then(() => {
    arrive()
    leave(new Error('the connection to the broker was closed'))
  })
  return {
    untilBack: async (): Promise<void> => {
      if (!isThere) await new Promise<void>((resolve) => waiting.add(resolve))
    },
    untilLost: <T>(answer: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        failing.add(reject)
        answer.then(resolve, reject).finally(() => failing.delete(reject))
      }),
  }
}
