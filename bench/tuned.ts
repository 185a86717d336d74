import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Scores } from '../src/train/events.js'
import { configPath } from '../src/tune/best.js'
import { readStudy } from '../src/tune/journal.node.js'
import { valuesOf } from '../src/tune/space.js'
import { bestTrial, isInterrupted, turnOf } from '../src/tune/study.js'
import { removeRun } from './begun.js'
import type { TunedJob } from './job.js'
import { settingsOf } from './job-settings.js'
import { JOBS } from './jobs.js'
import { describeMachine } from './machine.js'
import { readRecord, writeMeasured } from './records.js'
import { spawnTraining } from './spawn-training.js'
import { endOf, keptRun, resultOf, trainOnce, WORK } from './training.js'
import {
  changedFrom,
  commandOf,
  type Final,
  type Form,
  finalsOf,
  formsOf,
  type Searched,
  type SearchedTrial,
  searchedOf,
} from './tuned-figures.js'

const journalOf = ({ id }: TunedJob): string => join(WORK, `${id}.jsonl`)

/**
 * Searches settings by held-out images; then trains with those of the preset and with the best ones, and judges each run
 * once by the test images. What was finished is kept: a job that was killed goes on where it stood.
 */
export async function runTuned(job: TunedJob, threads: number): Promise<void> {
  const before = tunedStaleness(job) === undefined ? readRecord(job.id) : undefined
  const machine = before?.machine ?? (await describeMachine(threads))
  const classifier = await classifierOf(job, threads)
  const { searched, trials } = await search(job, classifier, threads)
  const isSame = before && JSON.stringify(searchedOf(before)) === JSON.stringify(searched)
  const finals: Final[] = isSame ? formsOf(searched).flatMap((form) => finalsOf(before, form)) : []
  const keep = (): void => writeMeasured(job.id, machine, [searched, ...trials, ...finals])
  keep()
  for (const what of formsOf(searched))
    for (const seed of job.seeds) {
      if (finals.some((final) => final.what === what && final.seed === seed)) continue
      const final = await trained(job, { what, seed, threads }, classifier)
      finals.push(final)
      keep()
      console.error(`  ${what}, seed ${seed}: ${final.judged.metric} ${final.judged.samples.distance.toFixed(2)}`)
    }
}

/** Why the record does not hold what the job would give today; undefined where it does. */
export function tunedStaleness(job: TunedJob): string | undefined {
  const record = readRecord(job.id)
  return record && changedFrom(record, job)
}

export function isTuned(job: TunedJob): boolean {
  const record = readRecord(job.id)
  const searched = record && searchedOf(record)
  return (
    searched !== undefined && formsOf(searched).every((form) => finalsOf(record!, form).length === job.seeds.length)
  )
}

/** The folder of the run whose features measure; it is trained where it is not there. */
async function classifierOf(job: TunedJob, threads: number): Promise<string> {
  const found = JOBS.find(({ id }) => id === job.classifier)
  if (found?.kind !== 'training') throw new Error(`${job.id}: no training job is called ${job.classifier}`)
  const seed = found.seeds[0]!
  const folder = keptRun(found, seed)
  if (!endOf(folder)) await trainOnce(found, seed, threads, settingsOf(found))
  return folder
}

/** Begins the search, or goes on with it; one that is finished is read. */
async function search(
  job: TunedJob,
  classifier: string,
  threads: number,
): Promise<{ searched: Searched; trials: SearchedTrial[] }> {
  const journal = journalOf(job)
  const given = [...job.base, ...job.search, '--features', classifier, '--threads', `${threads}`]
  let metric = ''
  const code = await spawnTraining(['tune', ...given, '--study', journal], (text) => {
    const line = JSON.parse(text)
    if (line.event === 'start') metric = line.objectives[0].key
    if (line.event === 'finished')
      console.error(`  trial ${line.trial} ${line.state} ${line.values ?? ''} ${JSON.stringify(line.params)}`)
  })
  if (code !== 0) throw new Error(`${job.id}: the search ended with exit code ${code}; run it again to go on`)
  const study = readStudy(journal)!
  const ended = study.trials.filter((trial) => !isInterrupted(trial))
  const trials = ended.map(({ number, state, values, params, distributions }): SearchedTrial => {
    const distance = state === 'complete' ? values![0]! : undefined
    return {
      ...{ what: 'trial', trial: number, state, params: valuesOf(params, distributions) },
      ...(distance !== undefined && { distance }),
    }
  })
  const best = bestTrial(ended, study.directions)!.number
  // The preset's own settings have the first turn.
  const preset = ended.find((trial) => turnOf(trial) === 0)!.number
  return { searched: { what: 'study', command: commandOf(job), metric, best, preset }, trials }
}

async function trained(
  job: TunedJob,
  { what, seed, threads }: { readonly what: Form; readonly seed: number; readonly threads: number },
  classifier: string,
): Promise<Final> {
  const settings = what === 'preset' ? job.base : ['--config', configPath(journalOf(job))]
  const training = { id: `${job.id}-${what}`, arguments: [...settings, ...job.final] }
  // The command names the file of the best settings: what stands in it may have changed since a run was begun.
  const best = what === 'preset' ? {} : { best: readFileSync(configPath(journalOf(job)), 'utf8') }
  await trainOnce(training, seed, threads, {
    hyper: { ...settingsOf({ arguments: job.base }).hyper, ...best },
    train: {},
  })
  const run = keptRun(training, seed)
  const given = ['samples', run, 'prior', '--judge', classifier, ...job.judged, '--json']
  const { stdout } = await promisify(execFile)(process.execPath, ['build/src/cli/main.js', ...given])
  const { metric, count, floor, samples, reconstructions } = JSON.parse(stdout).judged as Final['judged']
  const { test, seconds } = resultOf(run).result as { test: Scores; seconds: number }
  removeRun(run)
  return { what, seed, threads, seconds, test, judged: { metric, count, floor, samples, reconstructions } }
}
