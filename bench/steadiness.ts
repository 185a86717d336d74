import type { SteadinessJob } from './job.js'
import { ourStep } from './our-step.js'
import { quietMachine } from './quiet.js'
import { median, writeMeasured } from './records.js'
import { stepsPerRound } from './round.js'

const EARLY = 100
const LATE = 10_000
const ROUNDS = 11
/** Steps of the calls before. */
const CALL = 50
/** What is made once, by the process itself too, has been made after so many. */
const WARM = 1000

/** Times steps from the 100th on against the same steps from the 10,000th on, in turns, ours alone. */
export async function runSteadiness(job: SteadinessJob): Promise<void> {
  const machine = await quietMachine(job)
  const step = { ...job, precision: 'float32' } as const
  const [early, late] = [await ourStep(step), await ourStep(step)]
  const time = async ({ program, feed }: typeof early, steps: number): Promise<number> => {
    const { seconds } = await program.run(steps, feed(steps))
    return (1000 * seconds) / steps
  }
  const train = async (side: typeof early, from: number, to: number): Promise<void> => {
    for (let taken = from; taken < to; taken += CALL) await time(side, CALL)
  }
  await train(late, 0, WARM)
  const before = process.memoryUsage().rss
  await train(late, WARM, LATE)
  const growth = (process.memoryUsage().rss - before) / 2 ** 20
  const steps = await stepsPerRound((count) => time(late, count), CALL)
  await train(early, 0, EARLY)
  const results: { [figure: string]: unknown }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const [earlyMs, lateMs] = [await time(early, steps), await time(late, steps)]
    results.push({ early: earlyMs, late: lateMs, ratio: lateMs / earlyMs })
  }
  const ratio = median(results.map((result) => result.ratio as number))
  for (const { program } of [early, late]) await program.dispose()
  console.error(`  step ${LATE}: ${ratio.toFixed(2)} times the time of step ${EARLY}`)
  writeMeasured(job.id, machine, [...results, { when: 'memory', growth }])
}
