import { DiscardPolicy, type JsMsg, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream'
import type { MsgHdrs } from '@nats-io/transport-node'
import { matches } from '../subjects.js'
import { LostError, type Message, type Stream, type StreamLimits } from '../transport.js'
import type { Connection } from './connection.node.js'
import type { Names } from './names.js'
import { post } from './publish.node.js'

/** What the headers of a message may take beside its payload: the broker counts both. */
const HEADERS = 4096
/** The least that the server takes, in nanoseconds. We send no message ids, and nobody's are to count for long. */
const DUPLICATES = 100_000_000
/** What a reader may have waiting, in bytes. */
const AHEAD = 32 * 2 ** 20

const configOf = (names: Names, name: string, limits: StreamLimits): Partial<StreamConfig> & { name: string } => ({
  name: names.stream(name),
  subjects: limits.subjects.map(names.subject),
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  discard_new_per_subject: true,
  max_msgs_per_subject: limits.mostPerSubject,
  max_bytes: limits.mostBytes,
  max_msg_size: limits.mostMessageBytes + HEADERS,
  duplicate_window: DUPLICATES,
  // A message with such a header would take the place of others.
  allow_rollup_hdrs: false,
  deny_delete: true,
  // Such a read could be of an older copy.
  allow_direct: false,
  num_replicas: 1,
})

/** The stream of that name; `make`: made where there is none. */
export async function streamOf(
  connection: Connection,
  names: Names,
  name: string,
  limits: StreamLimits,
  make: boolean,
): Promise<Stream> {
  const { ask, js, jsm } = connection
  const config = configOf(names, name, limits)
  const stream = config.name
  if (make)
    await ask(async () => {
      const found = await jsm.streams.info(stream).catch(notFound)
      if (!found) await jsm.streams.add(config)
    })

  /** One consumer of the server's, from a sequence on; it mends itself when the server comes back. */
  async function consumerFrom(subject: string, after: number) {
    const { state } = await ask(() => jsm.streams.info(stream))
    if (after > state.last_seq) throw new LostError(after, state.last_seq)
    const consumer = await ask(() =>
      js.consumers.get(stream, { filter_subjects: names.subject(subject), opt_start_seq: after + 1 }),
    )
    const ahead = Math.max(2, Math.min(64, Math.floor(AHEAD / limits.mostMessageBytes)))
    // Counted in messages: counted in bytes, one that the rest of a request has no room for costs a second.
    const messages = await consumer.consume({ max_messages: ahead, expires: 2000, idle_heartbeat: 500 })
    return { messages, end: () => consumer.delete().catch(() => false) }
  }

  return {
    async publish({ subject, headers, payload }, after) {
      if (!limits.subjects.some((pattern) => matches(pattern, subject)))
        throw new Error(`${subject} belongs to no subject of the stream`)
      if (payload.length > limits.mostMessageBytes)
        throw new Error(`a message of ${payload.length} bytes is larger than the ${limits.mostMessageBytes} allowed`)
      return ask(() => post(connection, { subject: names.subject(subject), headers, payload, after }))
    },
    last: (subject) =>
      ask(async () => {
        const found = await jsm.streams.getMessage(stream, { last_by_subj: names.subject(subject) })
        return found
          ? { subject, sequence: found.seq, headers: plain(() => found.header), payload: new Uint8Array(found.data) }
          : undefined
      }),
    async *read(subject, after, signal) {
      for (let at = after; !signal.aborted; ) {
        const { messages, end } = await consumerFrom(subject, at)
        const stop = (): void => void messages.close()
        signal.addEventListener('abort', stop)
        try {
          for await (const message of messages) {
            if (signal.aborted) return
            at = message.seq
            yield { subject: names.own(message.subject), ...contents(message) }
          }
        } finally {
          signal.removeEventListener('abort', stop)
          stop()
          void end()
        }
      }
    },
    async purge(subject, below) {
      // The server takes a purge below 1 for one without a bound, and removes all.
      if (below <= 1) return
      await ask(() => jsm.streams.purge(stream, { filter: names.subject(subject), seq: below }))
    },
    async delete() {
      await ask(() => jsm.streams.delete(stream).catch(notFound))
    },
  }
}

/** The payload is a copy: the client gives a view of its buffer at any offset, where no array of floats can begin. */
const contents = (message: JsMsg): Omit<Message, 'subject'> => ({
  sequence: message.seq,
  headers: plain(() => message.headers),
  payload: new Uint8Array(message.data),
})

/** Without what the server itself adds. A stranger may have written what the client cannot read: that is none. */
function plain(read: () => MsgHdrs | undefined): Record<string, string> {
  try {
    const headers = read()
    const own = (headers?.keys() ?? []).filter((name) => !/^nats-/i.test(name))
    return Object.fromEntries(own.map((name) => [name, headers!.get(name)]))
  } catch {
    return {}
  }
}

function notFound(error: Error): undefined {
  if (error.message !== 'stream not found') throw error
}
