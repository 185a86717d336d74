import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import type { JudgeJob, TrainingJob } from './job.js'
import { JOBS } from './jobs.js'
import { describeMachine } from './machine.js'
import { pathOf, readRecord, writeRecord } from './records.js'
import { keptRun } from './training.js'

/** What the classifier sees; the likelihood is not asked for. */
const SEEN = ['--samples', '1000', '--draws', '0']

const training = (id: string): TrainingJob => {
  const found = JOBS.find((own) => own.id === id)
  if (found?.kind !== 'training' || !found.keep) throw new Error(`${id} keeps no runs`)
  return found
}

const seedsOf = (id: string): number[] => (readRecord(id)?.results ?? []).map((result) => result.seed as number)

/** Runs that are trained and not judged yet. */
const openSeeds = (job: JudgeJob): number[] => {
  const judged = seedsOf(job.id)
  return seedsOf(job.drawers).filter((seed) => !judged.includes(seed))
}

export const isJudged = (job: JudgeJob): boolean => existsSync(pathOf(job.id)) && openSeeds(job).length === 0

/**
 * Lets a trained classifier look at samples from the prior of every run of a job: `onward samples RUN prior --judge RUN`.
 * The folders of these runs must be there still.
 */
export async function runJudge(job: JudgeJob): Promise<void> {
  const judge = keptRun(training(job.judge), training(job.judge).seeds[0]!)
  const results = [...(readRecord(job.id)?.results ?? [])]
  for (const seed of openSeeds(job)) {
    const run = keptRun(training(job.drawers), seed)
    for (const folder of [run, judge])
      if (!existsSync(folder)) {
        console.error(
          `  seed ${seed} is not judged: ${folder} is gone. Delete the record of its training to get it again`,
        )
        return
      }
    const given = ['build/src/cli/main.js', 'samples', run, 'prior', '--judge', judge, ...SEEN, '--json']
    const { stdout } = await promisify(execFile)(process.execPath, given)
    const { classifier } = JSON.parse(stdout).judged
    results.push({ seed, ...classifier })
    console.error(`  seed ${seed}: ${(100 * classifier.sure).toFixed(1)} % above ${classifier.confidence}`)
    writeRecord({
      id: job.id,
      command: `onward samples RUN prior --judge JUDGE ${SEEN.join(' ')}, RUN of ${job.drawers}, JUDGE of ${job.judge}`,
      date: new Date().toISOString().slice(0, 10),
      machine: await describeMachine(),
      results,
    })
  }
}
