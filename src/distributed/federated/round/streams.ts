import { MOST_PARTS } from '../../rights.js'
import type { Stream, Transport } from '../../transport.js'
import { NAMES } from '../names.js'
import { mostPartOf } from '../wire/parts.js'

/** Subjects of one stream that a client has the right to write to: one, and its parts. */
const SLOTS = MOST_PARTS + 1

/** Bytes of a message beside its payload, at most: subject, headers, what the broker adds. */
const AROUND = 8192

/** A client says with it how many samples it has. */
const MOST_JOIN = 1024

/** Room for all that clients have the right to send: none of them can fill the stream for another. */
const limitsOf = (subject: string, clients: number, mostMessageBytes: number) => ({
  subjects: [subject],
  mostPerSubject: 1,
  mostBytes: clients * SLOTS * (mostMessageBytes + AROUND),
  mostMessageBytes,
})

/** The stream where clients say that they are there. */
export const joinStream = (transport: Transport, clients: number): Promise<Stream> =>
  transport.stream(NAMES.joins, limitsOf(NAMES.allJoins, clients, MOST_JOIN))

/**
 * The stream of a round, for uploads of at most so many bytes. It is there only while the round is: what a client sends
 * for another round has no place to lie.
 */
export const uploadStream = (
  transport: Transport,
  round: number,
  { clients, most }: { readonly clients: number; readonly most: number },
): Promise<Stream> =>
  transport.stream(NAMES.uploads(round), limitsOf(NAMES.allUploads(round), clients, mostPartOf(most)))
