import { matches } from './subjects.js'
import {
  ConflictError,
  FullError,
  type Hint,
  LostError,
  type Message,
  type Stream,
  type StreamLimits,
  TakenError,
  type Transport,
  type Value,
} from './transport.js'

/** All workers in one process: the same code as over machines, for one machine only. Every `connect` shares the store. */
export function memoryEngine(): { connect(): Transport } {
  const values = new Map<string, Value>()
  const objects = new Map<string, Uint8Array>()
  const streams = new Map<string, Stream>()
  const listeners = new Set<(hint: Hint) => void>()
  const connect = (): Transport => ({
    engine: 'memory',
    values: {
      get: async (key) => values.get(key),
      async put(key, value, expected) {
        const revision = values.get(key)?.revision ?? 0
        if (revision !== expected) throw new ConflictError(`${key} has revision ${revision}, not ${expected}`)
        values.set(key, { value: value.slice(), revision: revision + 1 })
        return revision + 1
      },
      keys: async (prefix) => [...values.keys()].filter((key) => matches(`${prefix}.>`, key)).sort(),
    },
    objects: {
      async put(name, bytes) {
        objects.set(name, bytes.slice())
      },
      get: async (name) => objects.get(name)?.slice(),
      async delete(name) {
        objects.delete(name)
      },
    },
    async stream(name, limits) {
      const stream = streams.get(name) ?? memoryStream(limits, () => streams.delete(name))
      streams.set(name, stream)
      return stream
    },
    hint(subject, payload) {
      for (const listener of listeners) listener({ subject, payload: payload.slice() })
    },
    hints: (subject, signal) => hintsOf(listeners, subject, signal),
    async close() {},
  })
  return { connect }
}

function memoryStream(limits: StreamLimits, forget: () => void): Stream {
  let messages: Message[] = []
  let sequence = 0
  let bytes = 0
  let isDeleted = false
  const waiting = new Set<() => void>()
  const of = (subject: string): Message[] => messages.filter((message) => message.subject === subject)
  return {
    async publish({ subject, headers, payload }, after) {
      const own = of(subject)
      const last = own.at(-1)?.sequence ?? 0
      if (isDeleted) throw new Error(`the stream of ${subject} is gone`)
      if (!limits.subjects.some((pattern) => matches(pattern, subject)))
        throw new Error(`${subject} belongs to no subject of the stream`)
      if (payload.length > limits.mostMessageBytes)
        throw new Error(`a message of ${payload.length} bytes is larger than the ${limits.mostMessageBytes} allowed`)
      if (after !== undefined && after !== last)
        throw new ConflictError(`the last message of ${subject} has sequence ${last}, not ${after}`)
      if (own.length >= limits.mostPerSubject) throw new TakenError(`${subject} holds ${own.length} messages already`)
      if (bytes + payload.length > limits.mostBytes) throw new FullError('the stream is full')
      sequence++
      bytes += payload.length
      messages.push({ subject, sequence, headers, payload: payload.slice() })
      for (const wake of [...waiting]) wake()
      return sequence
    },
    async last(subject) {
      const last = of(subject).at(-1)
      return last && copied(last)
    },
    async *read(subject, after, signal) {
      if (after > sequence) throw new LostError(after, sequence)
      for (let at = after; !signal.aborted; ) {
        const next = messages.find((message) => matches(subject, message.subject) && message.sequence > at)
        if (next) {
          at = next.sequence
          yield copied(next)
        } else await woken(waiting, signal)
      }
    },
    async purge(subject, below) {
      const gone = (message: Message): boolean => matches(subject, message.subject) && message.sequence < below
      bytes -= messages.filter(gone).reduce((sum, { payload }) => sum + payload.length, 0)
      messages = messages.filter((message) => !gone(message))
    },
    async delete() {
      isDeleted = true
      messages = []
      forget()
    },
  }
}

/** What a reader does with a payload is its own affair. */
const copied = (message: Message): Message => ({ ...message, payload: message.payload.slice() })

/** Waits until somebody calls what was put into `waiting`, or the signal comes. */
function woken(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      waiting.delete(wake)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    waiting.add(wake)
    signal.addEventListener('abort', wake)
  })
}

async function* hintsOf(
  listeners: Set<(hint: Hint) => void>,
  subject: string,
  signal: AbortSignal,
): AsyncGenerator<Hint> {
  const come: Hint[] = []
  const waiting = new Set<() => void>()
  const listener = (hint: Hint): void => {
    if (!matches(subject, hint.subject)) return
    come.push(hint)
    for (const wake of [...waiting]) wake()
  }
  listeners.add(listener)
  try {
    while (!signal.aborted) {
      const next = come.shift()
      if (next) yield next
      else await woken(waiting, signal)
    }
  } finally {
    listeners.delete(listener)
  }
}
