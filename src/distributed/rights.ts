import { namesOf } from './nats/names.js'

/** What a client may do on the broker, beside answering to its own inbox: subjects as the broker has them. */
export interface Rights {
  /** Requests and messages that it may send. */
  readonly send: readonly string[]
  /** What it hears. */
  readonly hear: readonly string[]
}

/** The most messages of one upload. */
export const MOST_PARTS = 16

/** What the run has for clients. */
export function offeredRights(run: string): Rights {
  const { subject, bucket } = namesOf(run)
  return { send: [subject('up.>'), subject('alive.>'), ...readsOf(bucket)], hear: [subject('ctl')] }
}

/**
 * A client uploads to `up.ROUND.LAYER.ID`, or in parts to `up.ROUND.LAYER.ID.0` to `.15`; it says `alive.ID` and hears
 * `ctl`; it reads all values and objects of the run. The parts are listed: any number of them would fill the disk.
 */
export function clientRights(run: string, id: string): Rights {
  const { subject, bucket } = namesOf(run)
  const slot = `${subject('up')}.*.*.${id}`
  const parts = Array.from({ length: MOST_PARTS }, (_, part) => `${slot}.${part}`)
  return { send: [slot, ...parts, subject(`alive.${id}`), ...readsOf(bucket)], hear: [subject('ctl')] }
}

const readsOf = (bucket: string): string[] =>
  [`KV_${bucket}.>`, `OBJ_${bucket}`, `OBJ_${bucket}.>`].map((stream) => `$JS.API.DIRECT.GET.${stream}`)
