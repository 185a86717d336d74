import { ConflictError, FullError, type Message, type Stream } from '../transport.js'
import { FencedError, type Held } from './lease.js'
import { chunkOf } from './message.js'

/** The end of an edge that a stage writes to. Each chunk is there once, and in order, whoever wrote it. */
export interface Outlet {
  /** The last chunk that is there; 0: none. */
  readonly chunk: number
  publish(message: Omit<Message, 'sequence'>): Promise<void>
}

/** Between two tries where the edge is full, ms. */
const PATIENCE = 20

export async function openOutlet(stream: Stream, subject: string, lease: Held): Promise<Outlet> {
  const first = await stream.last(subject)
  let sequence = first?.sequence ?? 0
  let chunk = first ? chunkOf(first) : 0
  return {
    get chunk() {
      return chunk
    },
    async publish(message) {
      const own = chunkOf(message)
      if (own <= chunk) return
      for (;;)
        try {
          sequence = await stream.publish(message, sequence)
          chunk = own
          return
        } catch (error) {
          if (error instanceof FullError) await new Promise((resolve) => setTimeout(resolve, PATIENCE))
          else if (!(error instanceof ConflictError)) throw error
          else {
            // Either the answer to an earlier try was lost, or another worker writes here.
            await lease.check()
            const last = await stream.last(subject)
            if (last && last.sequence !== sequence && chunkOf(last) === own) {
              sequence = last.sequence
              chunk = own
              return
            }
            throw new FencedError(`another worker writes to ${subject}`)
          }
        }
    },
  }
}
