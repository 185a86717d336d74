import { JOBS } from './jobs.js'
import { describeMachine, type Machine } from './machine.js'
import { readRecord } from './records.js'

/** Below this part of the product speed that such a machine once had, something else holds it. */
const SLOW = 0.8

/**
 * The machine, before a job that compares times on it. Throws an Error where its own matrix product runs far below what an
 * earlier record of such a machine with as many threads says: neighbours may slow one side of a comparison more than the other.
 * `ONWARD_BENCH_BUSY` lets it pass.
 */
export async function quietMachine({
  id,
  threads,
}: {
  readonly id: string
  readonly threads: number
}): Promise<Machine> {
  const machine = await describeMachine(threads)
  const isSuch = (other: Machine): boolean =>
    other.processor === machine.processor && `${other.instructions}` === `${machine.instructions}`
  const before = JOBS.filter((job) => 'threads' in job && job.threads === threads)
    .map((job) => readRecord(job.id)?.machine)
    .filter((other) => other !== undefined && isSuch(other))
  const best = before.reduce((most, other) => Math.max(most, other!.gflops), 0)
  if (machine.gflops < SLOW * best && !process.env.ONWARD_BENCH_BUSY)
    throw new Error(
      `${id}: this machine multiplies matrices at ${machine.gflops.toFixed(0)} GFLOP/s, and such a machine did at ` +
        `${best.toFixed(0)}: it is busy, run the job when it is quiet (ONWARD_BENCH_BUSY=1 runs it all the same)`,
    )
  return machine
}
