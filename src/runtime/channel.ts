import { UserError } from '../errors.js'
import { kindOfObject } from '../typed-arrays.js'
import type { TensorRecord } from './program.js'
import type { Engine } from './protocol.js'

/** A request to an engine behind a message channel, and what comes back. */
export interface Request {
  readonly call: number
  readonly method: keyof Engine
  readonly args: readonly unknown[]
}

export interface Reply {
  readonly call: number
  readonly result?: unknown
  readonly error?: { readonly message: string; readonly user: boolean }
}

export interface Channel {
  readonly engine: Engine
  receive(reply: Reply): void
  /** The other side is gone: every call that waits fails, and every later one. */
  fail(message: string): void
}

/** An engine that sends its calls away. `watch` hears whether any answer is awaited. */
export function channel(
  post: (request: Request, transfer: ArrayBuffer[]) => void,
  watch: (busy: boolean) => void = () => undefined,
): Channel {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let next = 0
  let failure: string | undefined
  const call = <T>(method: keyof Engine, args: readonly unknown[], transfer: ArrayBuffer[] = []): Promise<T> =>
    new Promise<unknown>((resolve, reject) => {
      if (failure !== undefined) {
        // What is gone is closed already.
        if (method === 'close') resolve(undefined)
        else reject(new UserError(failure))
        return
      }
      const own = next++
      post({ call: own, method, args }, transfer)
      waiting.set(own, { resolve, reject })
      watch(true)
    }) as Promise<T>
  return {
    engine: {
      open: (request) => call('open', [request]),
      load: (id, state) => call('load', [id, state]),
      run: (id, steps, batch) => {
        const owned = Object.fromEntries(Object.entries(batch).map(([name, data]) => [name, owner(data)]))
        return call('run', [id, steps, owned], buffersOf(owned))
      },
      read: (id) => call('read', [id]),
      close: (id, keep) => call('close', [id, keep]),
      block: () => call('block', []),
      compare: (program, threads) => call('compare', [program, threads]),
    },
    receive({ call, result, error }) {
      const own = waiting.get(call)
      if (!own) return // it failed before
      waiting.delete(call)
      if (waiting.size === 0) watch(false)
      if (error) own.reject(error.user ? new UserError(error.message) : new Error(error.message))
      else own.resolve(result)
    },
    fail(message) {
      failure ??= message
      for (const { reject } of waiting.values()) reject(new UserError(message))
      waiting.clear()
      watch(false)
    },
  }
}

/** Answers one request. The second value: what the reply hands over. */
export async function answer(
  engine: Engine | Promise<Engine>,
  { call, method, args }: Request,
): Promise<[Reply, ArrayBuffer[]]> {
  try {
    const result = await ((await engine)[method as keyof Engine] as (...args: readonly unknown[]) => Promise<unknown>)(
      ...args,
    )
    return [{ call, result }, method === 'read' ? buffersOf(result as TensorRecord) : []]
  } catch (error) {
    return [{ call, error: { message: (error as Error).message, user: error instanceof UserError } }, []]
  }
}

/** Handing over a view would take the rest of its buffer from the caller, and shared memory cannot be handed over. */
const owner = <T extends TensorRecord[string]>(data: T): T => {
  const whole = kindOfObject(data.buffer) === 'ArrayBuffer' && data.byteLength === data.buffer.byteLength
  return whole ? data : (data.slice() as T)
}

const buffersOf = (record: TensorRecord): ArrayBuffer[] => [
  ...new Set(Object.values(record).map(({ buffer }) => buffer as ArrayBuffer)),
]
