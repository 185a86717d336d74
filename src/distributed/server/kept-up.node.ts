import { UserError } from '../../errors.js'
import type { Broker } from '../server.node.js'
import type { Transport } from '../transport.js'

/** A server that is started again where it ends before it is stopped. */
export interface KeptUp {
  /** Rejects where it cannot be started again. */
  readonly failed: Promise<never>
  stop(): Promise<void>
}

/** One that ends so soon after its start (ms), and so often in a row, does not hold. */
const [SOON, MOST] = [2000, 5]

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
    async stop() {
      isStopping = true
      await broker.stop()
    },
  }
}

/**
 * What `work` yields. Where the server fails for good, requests would wait for it without end: the connection is closed,
 * and the reason of the server is thrown.
 */
export async function* whileUp<T>(
  { failed }: KeptUp,
  transport: Transport,
  work: AsyncGenerator<T>,
): AsyncGenerator<T> {
  let failure: { readonly error: unknown } | undefined
  failed.catch((error) => {
    failure = { error }
    void transport.close()
  })
  try {
    yield* work
  } catch (error) {
    throw failure ? failure.error : error
  }
}
