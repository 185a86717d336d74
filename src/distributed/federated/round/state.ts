import { z } from 'zod'
import type { Transport } from '../../transport.js'
import { fromJson, NAMES, toJson } from '../names.js'

/** `samples`: what the client claims; absent under privacy, as the norms are, since every client reads the state. */
const accepted = z.strictObject({ client: z.string(), samples: z.int().min(1).optional(), hash: z.string() })
const state = z.strictObject({
  version: z.literal(1),
  /** open: clients are chosen; collecting: they work; aggregating: the inputs are fixed; published: so is the model. */
  phase: z.enum(['open', 'collecting', 'aggregating', 'published', 'done']),
  /** Counts from 1, with those that failed: it never comes again. */
  round: z.int().min(1),
  /** The turn of the training that it makes, from 0; a round that failed is made up for by another of the same turn. */
  turn: z.int().min(0),
  /** Rounds of this turn that failed, one after the other. */
  failed: z.int().min(0),
  /** The model that clients begin with; of a published round, the one that it made. */
  model: z.string(),
  selected: z.array(z.string()),
  /** Whose uploads count, from `aggregating` on: whoever merges them gets the same model. */
  accepted: z.array(accepted),
  /** Rounds in a row that a client was asked for and missed. */
  missed: z.record(z.string(), z.int()),
  /** Seconds from the begin of a round to the arrival of each upload, and their norms: the last ones. */
  seconds: z.array(z.number()),
  norms: z.array(z.number()),
})

/** All that the rounds of a run have to remember: one value, changed by compare-and-set. Every client can read it. */
export type RoundState = z.infer<typeof state>
export type Accepted = z.infer<typeof accepted>

/** Entries of `seconds` and `norms` that are kept. */
const KEPT = 64
export const lastOf = (numbers: readonly number[]): number[] => numbers.slice(-KEPT)

export async function readRound({
  values,
}: Transport): Promise<{ readonly state: RoundState; readonly revision: number } | undefined> {
  const own = await values.get(NAMES.round)
  return own && { state: state.parse(fromJson(own.value)), revision: own.revision }
}

/** Throws a ConflictError where somebody else changed it since `revision`. */
export async function writeRound(transport: Transport, next: RoundState, revision: number): Promise<number> {
  const written = await transport.values.put(NAMES.round, toJson(next), revision)
  transport.hint(NAMES.changed, toJson({ round: next.round, phase: next.phase }))
  return written
}
