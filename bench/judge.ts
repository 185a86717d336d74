import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import type { JudgeJob, TrainingJob } from './job.js'
import { JOBS } from './jobs.js'
import { describeMachine } from './machine.js'
import { finished, pathOf, type Record, readRecord, writeRecord } from './records.js'
import { keptRun, resultOf } from './training.js'

/** What the classifier sees; the likelihood is not asked for. */
const SEEN = ['--samples', '1000', '--draws', '0']

const training = (id: string): TrainingJob => {
  const found = JOBS.find((own) => own.id === id)
  if (found?.kind !== 'training' || !found.keep) throw new Error(`${id} keeps no runs`)
  return found
}

type Result = Record['results'][number]

/** Tells one run from another with the same seed: no two take the same time to the last digit. */
export const identityOf = ({ seconds, test }: Result): string =>
  createHash('sha256')
    .update(JSON.stringify([seconds, test]))
    .digest('hex')
    .slice(0, 16)

const resultsOf = (id: string): readonly Result[] => {
  const record = readRecord(id)
  return record ? finished(record) : []
}

const runOf = (id: string, seed: unknown): Result | undefined => resultsOf(id).find((result) => result.seed === seed)

/** Why a judgement is not one of the runs that are recorded now; of old ones it is not known which runs they judged. */
function changeOf(job: JudgeJob, { seed, run, judge }: Result): string | undefined {
  const [drawn, judging] = [runOf(job.drawers, seed), runOf(job.judge, training(job.judge).seeds[0])]
  if (run !== undefined && drawn && run !== identityOf(drawn)) return `seed ${seed} of ${job.drawers} was trained anew`
  if (judge !== undefined && judging && judge !== identityOf(judging)) return `${job.judge} was trained anew`
  return undefined
}

/** Why the record judges other runs than those that are recorded now; undefined where it does not, as far as is known. */
export const judgeStaleness = (job: JudgeJob): string | undefined =>
  resultsOf(job.id)
    .map((result) => changeOf(job, result))
    .find((change) => change !== undefined)

/** Runs that are trained, and not judged as they are now. */
const openSeeds = (job: JudgeJob): number[] => {
  const judged = resultsOf(job.id).filter((result) => changeOf(job, result) === undefined)
  return resultsOf(job.drawers)
    .map((result) => result.seed as number)
    .filter((seed) => !judged.some((result) => result.seed === seed))
}

export const isJudged = (job: JudgeJob): boolean => existsSync(pathOf(job.id)) && openSeeds(job).length === 0

/** Of the run in a folder. */
const identityIn = (folder: string): string => identityOf(resultOf(folder).result)

/**
 * Lets a trained classifier look at samples from the prior of every run of a job: `onward samples RUN prior --judge RUN`.
 * The folders of these runs must be there still.
 */
export async function runJudge(job: JudgeJob): Promise<void> {
  const judgeSeed = training(job.judge).seeds[0]!
  const judge = keptRun(training(job.judge), judgeSeed)
  for (const seed of openSeeds(job)) {
    const run = keptRun(training(job.drawers), seed)
    for (const folder of [run, judge])
      if (!existsSync(folder)) {
        console.error(
          `  seed ${seed} is not judged: ${folder} is gone. Delete the record of its training to get it again`,
        )
        return
      }
    for (const [id, own, folder] of [
      [job.drawers, seed, run],
      [job.judge, judgeSeed, judge],
    ] as const)
      if (identityIn(folder) !== identityOf(runOf(id, own) ?? {})) {
        console.error(
          `  seed ${seed} is not judged: ${folder} holds another run than the record of ${id}. Move the folder away and delete the record to train it again`,
        )
        return
      }
    const given = ['build/src/cli/main.js', 'samples', run, 'prior', '--judge', judge, ...SEEN, '--json']
    const { stdout } = await promisify(execFile)(process.execPath, given)
    const { classifier } = JSON.parse(stdout).judged
    const others = resultsOf(job.id).filter((result) => result.seed !== seed)
    const results = [...others, { seed, run: identityIn(run), judge: identityIn(judge), ...classifier }]
    results.sort((a, b) => Number(a.seed) - Number(b.seed))
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
