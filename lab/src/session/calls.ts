import type { WorkerLike } from './place.js'
import type { Told } from './protocol.js'

/** Calls of a worker's functions by messages; what it tells unasked goes to `hear`. */

// biome-ignore lint/suspicious/noExplicitAny: the functions of any table
type Table = Record<string, (...given: any[]) => any>

interface Call {
  readonly id: number
  readonly name: string
  readonly given: readonly unknown[]
}

type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly told: Told }

export type Asked<T> = {
  // biome-ignore lint/suspicious/noExplicitAny: each function keeps its own arguments
  [K in keyof T]: T[K] extends (...given: infer G) => infer R ? (...given: G) => Promise<Awaited<R>> : any
}

export interface Worked<T> {
  readonly ask: Asked<T>
  close(): void
}

/** What the page holds of a worker. After its loss every call fails with a sentence. */
export function callsTo<T>(
  worker: WorkerLike,
  hear: (told: Told) => void,
  onlost: (message: string) => void = () => undefined,
): Worked<T> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let next = 0
  let lost: string | undefined
  const fail = (message: string): void => {
    lost = message
    for (const { reject } of waiting.values()) reject(new Error(message))
    waiting.clear()
  }
  worker.onmessage = ({ data }: MessageEvent<Answer>) => {
    if ('told' in data) return hear(data.told)
    const own = waiting.get(data.id)
    waiting.delete(data.id)
    if ('error' in data) own?.reject(new Error(data.error))
    else own?.resolve(data.value)
  }
  worker.onerror = (event) => {
    event.preventDefault()
    fail(`The worker that trains has stopped (${event.message || 'it could not be loaded'}).`)
    onlost(lost!)
  }
  const ask = new Proxy({} as Asked<T>, {
    get:
      (_, name: string) =>
      (...given: unknown[]) =>
        new Promise((resolve, reject) => {
          if (lost !== undefined) return reject(new Error(lost))
          const id = next++
          waiting.set(id, { resolve, reject })
          worker.postMessage({ id, name, given } satisfies Call)
        }),
  })
  return {
    ask,
    close() {
      worker.terminate()
      fail('This training was closed.')
    },
  }
}

/** In the worker: answers calls one after the other, in the order in which they come. */
export function answerCalls(make: (tell: (told: Told) => void) => Table): void {
  const scope = self as unknown as {
    onmessage: ((event: MessageEvent<Call>) => void) | null
    postMessage(message: Answer): void
  }
  const table = make((told) => scope.postMessage({ told }))
  let last: Promise<unknown> = Promise.resolve()
  scope.onmessage = ({ data: { id, name, given } }) => {
    const work = async (): Promise<void> => {
      try {
        scope.postMessage({ id, value: await table[name]!(...given) })
      } catch (error) {
        scope.postMessage({ id, error: error instanceof Error ? error.message : String(error) })
      }
    }
    last = last.then(work)
  }
}
