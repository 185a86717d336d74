import { UsageError, UserError } from '../errors.js'

/** A call to the other side, or what became of one; a call without a number has no answer. */
export type Message =
  | { readonly call?: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly answer: number; readonly result?: unknown; readonly error?: Told }

/** An error as it is sent. */
interface Told {
  readonly message: string
  readonly kind: 'usage' | 'user' | 'other'
  readonly stack?: string | undefined
}

export interface Wire {
  /** Calls a method of the other side. */
  ask<T>(method: string, args?: readonly unknown[], transfer?: Transferable[]): Promise<T>
  /** The same, without an answer. */
  tell(method: string, args?: readonly unknown[]): void
  receive(message: Message): void
  /** The other side is gone: every call that waits fails, and every later one. */
  fail(message: string): void
}

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>

/** Calls in both directions over a message channel. The arrays of an answer are handed over, not copied. */
export function wire(post: (message: Message, transfer: Transferable[]) => void, methods: Methods): Wire {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  let next = 0
  let failure: string | undefined

  const answer = async (call: number | undefined, method: string, args: readonly unknown[]): Promise<void> => {
    try {
      const result = await (methods[method] as (...args: readonly unknown[]) => unknown)(...args)
      if (call !== undefined) post({ answer: call, result }, buffersIn(result))
    } catch (error) {
      if (call !== undefined) post({ answer: call, error: told(error) }, [])
    }
  }
  return {
    ask: <T>(method: string, args: readonly unknown[] = [], transfer: Transferable[] = []) =>
      new Promise<unknown>((resolve, reject) => {
        if (failure !== undefined) throw new UserError(failure)
        const call = next++
        post({ call, method, args }, transfer)
        waiting.set(call, { resolve, reject })
      }) as Promise<T>,
    tell(method, args = []) {
      if (failure === undefined) post({ method, args }, [])
    },
    receive(message) {
      if ('method' in message) {
        answer(message.call, message.method, message.args)
        return
      }
      const own = waiting.get(message.answer)
      waiting.delete(message.answer)
      if (message.error) own?.reject(heard(message.error))
      else own?.resolve(message.result)
    },
    fail(message) {
      failure ??= message
      for (const { reject } of waiting.values()) reject(new UserError(message))
      waiting.clear()
    },
  }
}

const told = (error: unknown): Told => {
  const { message = String(error), stack } = (error ?? {}) as Partial<Error>
  const kind = error instanceof UsageError ? 'usage' : error instanceof UserError ? 'user' : 'other'
  return { message, kind, stack }
}

function heard({ message, kind, stack }: Told): Error {
  if (kind === 'usage') return new UsageError(message)
  if (kind === 'user') return new UserError(message)
  return Object.assign(new Error(message), { stack })
}

/** The buffers of all arrays in plain data. */
function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer)
  } else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) buffersIn(part, found)
  return [...found]
}
