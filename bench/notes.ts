import { changeAfter } from './changes.js'
import type { Job } from './job.js'
import { JOBS } from './jobs.js'
import { judgeStaleness } from './judge.js'
import { readRecord } from './records.js'
import { staleness } from './training.js'
import { tunedStaleness } from './tuned.js'

/** Why the record of a job does not hold what the job would give today; undefined where it does, or there is none. */
export function stalenessOf(job: Job): string | undefined {
  if (job.kind === 'training') return staleness(job)
  if (job.kind === 'tuned') return tunedStaleness(job)
  if (job.kind === 'judge' && judgeStaleness(job)) return judgeStaleness(job)
  const record = readRecord(job.id)
  return record && changeAfter(record)
}

/** The same of the job of that id, for a column of a table: empty where there is nothing to say. */
export function noteOf(id: string): string {
  const job = JOBS.find((own) => own.id === id)
  return (job && stalenessOf(job)) ?? ''
}

/** The same in brackets, behind a figure. */
export function staleMark(id: string): string {
  const note = noteOf(id)
  return note && ` (stale: ${note})`
}
