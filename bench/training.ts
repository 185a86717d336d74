import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Certificate } from '../src/certificate/certificate.js'
import type { Scores } from '../src/train/events.js'
import { checkBegun, noteBegun, removeRun } from './begun.js'
import { changeAfter } from './changes.js'
import type { JobSettings, TrainingJob } from './job.js'
import { changedFrom, commandOf, TRAIN } from './job-command.js'
import { settingsOf } from './job-settings.js'
import { describeMachine } from './machine.js'
import { type Record, readRecord, writeRecord } from './records.js'
import { spawnTraining } from './spawn-training.js'

interface Line {
  readonly event: string
  readonly [key: string]: unknown
}

const accuracyOf = (scores: unknown): number | undefined => (scores as Scores | undefined)?.network?.accuracy

/** Runs that are being computed; journals of searches. */
export const WORK = 'bench/results/work'

/** Where a run is computed, and kept where its job says so. */
export const keptRun = ({ id }: Pick<TrainingJob, 'id'>, seed: number): string => join(WORK, `${id}-${seed}`)

/**
 * One run through the command line, as a reader of the record would start it; a run that was stopped goes on. Throws an
 * Error as `checkBegun` does. `settings`: what the arguments stand for.
 */
export async function trainOnce(
  job: Pick<TrainingJob, 'id' | 'arguments' | 'by'>,
  seed: number,
  threads: number,
  settings: JobSettings,
): Promise<void> {
  const folder = keptRun(job, seed)
  const begun = existsSync(join(folder, 'checkpoint.safetensors'))
  const asked = { id: job.id, command: commandOf(job), settings }
  if (begun) checkBegun(folder, asked)
  else {
    removeRun(folder)
    noteBegun(folder, asked)
  }
  const fresh = [...job.arguments, '--seed', `${seed}`, '--out', folder]
  const by = job.by ?? TRAIN
  // A run is gone on with as it was started.
  const command = by.filter((_, i) => !by.slice(0, i + 1).some((word) => word.startsWith('-')))
  const given = [...(begun ? [...command, '--resume', folder] : [...by, ...fresh]), '--threads', `${threads}`]
  const code = await spawnTraining(given, (text) => {
    const { event, epoch, validation, metrics }: Line = JSON.parse(text)
    if (event === 'epoch') console.error(`  seed ${seed} epoch ${epoch} ${JSON.stringify(validation ?? metrics)}`)
  })
  if (code !== 0 && endOf(folder)?.reason !== 'not-finite')
    throw new Error(`${job.id}, seed ${seed}: the run ended with exit code ${code}`)
}

const linesOf = (folder: string): Line[] =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line))

/** How a run ended: the event `done`, or `stopped` with its reason. */
export function endOf(folder: string): Line | undefined {
  const line = existsSync(join(folder, 'metrics.jsonl')) ? linesOf(folder).at(-1) : undefined
  return line && ['done', 'stopped'].includes(line.event) ? line : undefined
}

/** What the events of a run say, over all its sittings. A run whose numbers stopped being finite is a result, too. */
export function resultOf(folder: string): { certificate: Certificate; result: { readonly [figure: string]: unknown } } {
  const lines = linesOf(folder)
  const { test, validation, rowsPerSecond, reason } = lines.at(-1)!
  const { epochs, batch, trainingSamples, parameters, reconstructed } = lines[0]!
  const certificate = lines[0]!.certificate as Certificate
  const { local, layers: blocks } = certificate
  // An epoch that a stopped sitting lost comes again: the last one counts.
  const byEpoch = new Map(
    lines.filter(({ event }) => event === 'epoch').map((line) => [`${line.learns} ${line.epoch}`, line]),
  )
  const seconds = [...byEpoch.values()].reduce((sum, line) => sum + (line.seconds as number), 0)
  const result = {
    ...{ test, validation, seconds, rowsPerSecond },
    ...(reason === 'not-finite' && { diverged: `in epoch ${byEpoch.size + 1}` }),
    validationByEpoch: [...byEpoch.values()].map(({ validation: own }) => accuracyOf(own) ?? own),
    ...{ epochs, batch, trainingSamples, parameters, local, window: Math.max(...blocks.map(({ window }) => window)) },
    ...(reconstructed !== undefined && { reconstructed: true }),
  }
  return { certificate, result }
}

/**
 * Runs the seeds that the record lacks, and keeps each as soon as it is done. A record that is stale, or to which none can
 * be added, is begun anew. Threads may change last bits.
 */
export async function runTraining(job: TrainingJob, threads: number): Promise<void> {
  // Another queue may have added seeds of its own while one trains here.
  const recorded = () => {
    const record = staleness(job) === undefined ? readRecord(job.id) : undefined
    return record?.settings ? record : undefined
  }
  const settings = settingsOf(job)
  const here = await describeMachine()
  for (const seed of job.seeds) {
    if (recorded()?.results.some((result) => result.seed === seed)) continue
    const folder = keptRun(job, seed)
    await trainOnce(job, seed, threads, settings)
    const { certificate, result } = resultOf(folder)
    const { machine, results: others } = recorded() ?? { machine: here, results: [] }
    const date = new Date().toISOString().slice(0, 10)
    const record = { id: job.id, command: commandOf(job), date, machine, settings }
    const isElsewhere = JSON.stringify(machine) !== JSON.stringify(here)
    const own = { seed, threads, ...(isElsewhere && { machine: here }), ...result }
    const results = [...others.filter((other) => other.seed !== seed), own]
    results.sort((a, b) => Number(a.seed) - Number(b.seed))
    writeRecord({ ...record, certificate, results } satisfies Record)
    if (!job.keep) removeRun(folder)
    const { test, seconds, diverged } = result
    const accuracy = accuracyOf(test)
    const outcome =
      accuracy === undefined ? (diverged ?? JSON.stringify(test)) : `${(100 * (1 - accuracy)).toFixed(2)} % test error`
    console.error(`  seed ${seed}: ${outcome}, ${Math.round(seconds as number)} s`)
  }
}

/** Why the record does not hold what the job would give today; undefined where it does. */
export function staleness(job: TrainingJob): string | undefined {
  const record = readRecord(job.id)
  return record && (changedFrom(record, job) ?? changeAfter(record))
}

export const isTrained = (job: TrainingJob): boolean =>
  job.seeds.every((seed) => readRecord(job.id)?.results.some((result) => result.seed === seed))

/** Why no seed can be added to a record that lacks some; undefined where one can. */
export function closedness(job: TrainingJob): string | undefined {
  const record = readRecord(job.id)
  return record && !record.settings && !isTrained(job)
    ? 'it is from before records held settings, so that no seed can be added to it'
    : undefined
}
