import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { JOBS, type JudgeJob, type TrainingJob } from './jobs.js'
import { describeMachine } from './machine.js'
import { readRecord, writeRecord } from './records.js'
import { keptRun } from './training.js'

/** Lets a trained classifier look at samples from the prior of every run of a job: `onward samples RUN prior --judge RUN`. */
export async function runJudge(job: JudgeJob): Promise<void> {
  const training = (id: string): TrainingJob => {
    const found = JOBS.find((own) => own.id === id)
    if (found?.kind !== 'training' || !found.keep) throw new Error(`${job.id}: ${id} keeps no runs`)
    return found
  }
  const judge = keptRun(training(job.judge), training(job.judge).seeds[0]!)
  const results = []
  // Runs that are recorded are done.
  const seeds = (readRecord(job.drawers)?.results ?? []).map((result) => result.seed as number)
  for (const seed of seeds) {
    const run = keptRun(training(job.drawers), seed)
    const given = ['build/src/cli/main.js', 'samples', run, 'prior', '--judge', judge, '--json']
    const { stdout } = await promisify(execFile)(process.execPath, given)
    const { judged } = JSON.parse(stdout)
    results.push({ seed, ...judged })
    console.error(`  seed ${seed}: ${(100 * judged.sure).toFixed(1)} % above ${judged.confidence}`)
  }
  writeRecord({
    id: job.id,
    command: `onward samples RUN prior --judge JUDGE, RUN of ${job.drawers}, JUDGE of ${job.judge}`,
    date: new Date().toISOString().slice(0, 10),
    machine: await describeMachine(),
    results,
  })
}
