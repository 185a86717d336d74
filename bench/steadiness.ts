import type { SteadinessJob } from './jobs.js'
import { ourStep } from './our-step.js'
import { quietMachine } from './quiet.js'
import { median, writeRecord } from './records.js'

const EARLY = 100
const LATE = 10_000
const ROUNDS = 11
/** Steps of a round, and of the calls before. */
const CALL = 50

/** Times steps from the 100th on against the same steps from the 10,000th on, in turns, ours alone. */
export async function runSteadiness(job: SteadinessJob): Promise<void> {
  const machine = await quietMachine(job)
  const step = { ...job, precision: 'float32', sharedProduct: false } as const
  const [early, late] = [await ourStep(step), await ourStep(step)]
  const time = async ({ program, feed }: typeof early): Promise<number> => {
    const { seconds } = await program.run(CALL, feed(CALL))
    return (1000 * seconds) / CALL
  }
  for (let taken = 0; taken < EARLY; taken += CALL) await time(early)
  for (let taken = 0; taken < EARLY; taken += CALL) await time(late)
  const before = process.memoryUsage().rss
  for (let taken = EARLY; taken < LATE; taken += CALL) await time(late)
  const growth = (process.memoryUsage().rss - before) / 2 ** 20
  const results = []
  for (let round = 0; round < ROUNDS; round++) {
    const [earlyMs, lateMs] = [await time(early), await time(late)]
    results.push({ early: earlyMs, late: lateMs, ratio: lateMs / earlyMs, growth })
  }
  for (const { program } of [early, late]) await program.dispose()
  console.error(`  step ${LATE}: ${median(results.map(({ ratio }) => ratio)).toFixed(2)} times step ${EARLY}`)
  const date = new Date().toISOString().slice(0, 10)
  writeRecord({ id: job.id, command: `bench/run ${job.id}`, date, machine, results })
}
