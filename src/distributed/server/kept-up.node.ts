import { setTimeout as wait } from 'node:timers/promises'
import { UserError } from '../../errors.js'
import type { Broker } from '../server.node.js'
import { FullError, type Transport } from '../transport.js'

/** A server that is started again where it ends before it is stopped. */
export interface KeptUp {
  /** Rejects where it cannot be started again. */
  readonly failed: Promise<never>
  /** Ends a server that does not answer: it is started again. */
  replace(): void
  /** What the server itself tells: a file. */
  log(): string
  stop(): Promise<void>
}

/** One that ends so soon after its start (ms), and so often in a row, does not hold. */
const [SOON, MOST] = [2000, 5]

/** A run that is to end waits so long (ms) for an answer of its server. */
const SILENT = 5000

export function keptUp(first: Broker, told: (broker: Broker) => void = () => undefined): KeptUp {
  let broker = first
  let isStopping = false
  const failed = new Promise<never>((_, reject) => {
    const watch = async (): Promise<void> => {
      for (let short = 0; short < MOST; ) {
        const begin = performance.now()
        await broker.ended
        if (isStopping) return
        short = performance.now() - begin < SOON ? short + 1 : 0
        broker = await broker.restart()
        told(broker)
      }
      throw new UserError(`nats-server ended ${MOST} times soon after its start: the reasons are in ${broker.log}`)
    }
    watch().catch(reject)
  })
  failed.catch(() => undefined)
  return {
    failed,
    replace: () => broker.kill(),
    log: () => broker.log,
    async stop() {
      isStopping = true
      await broker.stop()
    },
  }
}

/**
 * What `work` yields. Where the server fails for good, requests would wait for it without end: the connection is closed,
 * and the reason of the server is thrown. When the signal has come, a server that is silent (it was paused, or hangs) is
 * replaced by another on the same store, so that what is stored is kept and the work ends.
 */
export async function* whileUp<T>(
  { failed, replace }: KeptUp,
  transport: Transport,
  work: AsyncGenerator<T>,
  signal?: AbortSignal,
): AsyncGenerator<T> {
  const over = new AbortController()
  const end = (): void => void replaceWhereSilent(transport, replace, over.signal)
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  let failure: { readonly error: unknown } | undefined
  failed.catch((error) => {
    failure = { error }
    void transport.close()
  })
  try {
    yield* work
  } catch (error) {
    if (failure) throw failure.error
    if (!(error instanceof FullError)) throw error
    throw new UserError(
      `the server has no room left (${error.message}): make some on its disk, and go on with --resume`,
      {
        cause: error,
      },
    )
  } finally {
    signal?.removeEventListener('abort', end)
    over.abort()
  }
}

async function replaceWhereSilent({ values }: Transport, replace: () => void, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const pause = wait(SILENT, 'silence' as const, { ref: false })
    // Any answer will do, an error too.
    const answer = values.get('any').then(
      () => 'answer' as const,
      () => 'answer' as const,
    )
    if ((await Promise.race([answer, pause])) === 'silence' && !over.aborted) replace()
    await pause
  }
}
